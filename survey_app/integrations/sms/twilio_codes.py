"""Twilio's words for a message and its error numbers, as ours."""

from survey_app.domain.message import MessageState

_ON_ITS_WAY = ("accepted", "scheduled", "queued", "sending", "sent", "partially_delivered")
STATES = {
    **dict.fromkeys(_ON_ITS_WAY, MessageState.SENT),
    **dict.fromkeys(("delivered", "read"), MessageState.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), MessageState.FAILED),
}

REASONS = {
    "20003": "Twilio 账号或令牌不正确，请检查 TWILIO_ACCOUNT_SID 和 TWILIO_AUTH_TOKEN",
    "21211": "号码无效，请核对",
    "21408": "Twilio 账号未开通向该地区发短信，请在账号设置中开通",
    "21606": "发送号码不能发短信，请检查 TWILIO_FROM",
    "21608": "Twilio 试用账号只能发给已验证的号码",
    "21610": "对方已退订短信，请改用电话联系",
    "21611": "发送号码排队已满，请稍后另发",
    "21612": "没有到该号码的线路，请改用电话联系",
    "21614": "号码不是手机号，不能收短信，请改用电话联系",
    "21635": "号码是固定电话，不能收短信，请改用电话联系",
    "30001": "服务商排队已满，短信未发出",
    "30003": "对方手机关机或不在服务区",
    "30005": "号码不存在或已停用，请核对",
    "30006": "号码是固定电话或不能收短信，请改用电话联系",
    "30007": "短信被运营商拦截，请检查模板是否已报备",
    "30008": "运营商未说明原因，短信未送达",
    "30036": "短信在排队中过期，未发出",
}
# The number asked the provider for no more messages.
OPTED_OUT = ("21610",)


def reason_for(code: str | None) -> str:
    """Return why, in Chinese, for a Twilio error number; Twilio's own text may hold the phone number."""
    if not code:
        return "短信服务商未接受，未说明原因"
    return REASONS.get(code, f"短信服务商未接受（Twilio 错误 {code}）")
