"""Alibaba Cloud's codes for an SMS, as what they mean here: to wait, refused with a reason, or not certain."""

# Not sent, and worth another try: the account's or the number's share for the minute, hour or day is used up.
THROTTLED = ("isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL", "Throttling")

REASONS = {
    "isv.MOBILE_NUMBER_ILLEGAL": "号码不是手机号，不能收短信，请核对或改用电话联系",
    "isv.MOBILE_COUNT_OVER_LIMIT": "一次提交的号码过多，请联系维护人员",
    "isv.SMS_TEMPLATE_ILLEGAL": "短信模板不存在或未通过审核，请检查 ALIYUN_TEMPLATES",
    "isv.SMS_SIGNATURE_ILLEGAL": "短信签名不存在或未通过审核，请检查 ALIYUN_SIGN_NAME",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": "短信签名与模板的用途不符，请在服务商控制台核对",
    "isv.SMS_SIGN_ILLEGAL": "短信签名未通过审核或未完成实名报备，请在服务商控制台核对",
    "isv.TEMPLATE_MISSING_PARAMETERS": "模板里的变量没有给全，请核对服务商处的模板",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "模板变量的内容不合服务商的规定，请核对模板",
    "isv.PARAM_LENGTH_LIMIT": "模板变量超过服务商规定的长度，请核对模板",
    "isv.PARAM_NOT_SUPPORT_URL": "模板变量里不能有网址，请把固定网址写进模板",
    "isv.BLACK_KEY_CONTROL_LIMIT": "短信内容含有服务商禁用的词，请修改模板",
    "isv.INVALID_JSON_PARAM": "模板变量的格式不对，请联系维护人员",
    "isv.INVALID_PARAMETERS": "提交的内容不合服务商的规定，请核对号码和模板",
    "isv.AMOUNT_NOT_ENOUGH": "短信服务商账户余额不足，请充值后另发",
    "isv.OUT_OF_SERVICE": "短信服务已停用（多因欠费），请充值后另发",
    "isv.ACCOUNT_NOT_EXISTS": "短信服务商账号不存在，请检查 ALIYUN_ACCESS_KEY_ID",
    "isv.ACCOUNT_ABNORMAL": "短信服务商账号异常，请联系服务商",
    "isv.PRODUCT_UN_SUBSCRIPT": "账号没有开通短信服务，请在服务商控制台开通",
    "isv.DENY_IP_RANGE": "服务商不接受本服务器的网络地址，请在控制台放行",
    "isp.RAM_PERMISSION_DENY": "访问密钥没有发短信的权限，请在控制台授权",
    "SignatureDoesNotMatch": "访问密钥不正确，请检查 ALIYUN_ACCESS_KEY_SECRET",
    "InvalidAccessKeyId.NotFound": "访问密钥不存在，请检查 ALIYUN_ACCESS_KEY_ID",
    "InvalidAccessKeyId.Inactive": "访问密钥已停用，请在控制台启用",
    # What a receipt says of a message that was taken but not delivered.
    "MOBILE_NOT_ON_SERVICE": "对方手机关机或停机",
    "MOBILE_ACCOUNT_ABNORMAL": "号码不存在或已停用，请核对",
    "MOBILE_SEND_LIMIT": "运营商限制了该号码当天的短信，请改用电话联系",
    "MOBILE_TERMINAL_ERROR": "对方手机收不了短信，请改用电话联系",
    "MOBILE_IN_BLACK": "对方已退订短信，请改用电话联系",
    "CONTENT_KEYWORD": "短信内容被运营商拦截，请检查模板",
    "SIGNATURE_BLACKLIST": "短信签名被运营商拦截，请联系服务商",
    "REQUEST_SUCCESS": "运营商未返回结果，短信未确认送达",
    "UNKNOWN": "运营商未说明原因，短信未送达",
}
# The number asked the provider for no more messages.
OPTED_OUT = ("MOBILE_IN_BLACK", "isv.MOBILE_IN_BLACK")


def reason_for(code: str | None) -> str:
    """Return why, in Chinese, for a code; the provider's own text may hold the phone number."""
    if not code:
        return "短信服务商未接受，未说明原因"
    return REASONS.get(code, f"短信服务商未接受（阿里云错误 {code[:30]}）")


def is_throttled(code: str) -> bool:
    """Whether a code says that the message was turned away for now, and another try is safe."""
    return code.startswith(THROTTLED)


def is_refusal(code: str) -> bool:
    """Whether a code says for certain that the message was not taken; one that nobody knows doesn't."""
    return code in REASONS or code.startswith("isv.")
