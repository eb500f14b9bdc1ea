"""What the interviewer reads of a bridge call in each of its states: where it stands, and what to do."""

from survey_app.domain.call_bridge import BridgeState
from survey_app.domain.text import N_

S = BridgeState
BRIDGE_TEXTS = {
    S.REQUESTED: (N_("正在请求代拨"), N_("请稍等，您的电话马上会响。")),
    S.INTERVIEWER_RINGS: (N_("正在拨您的电话"), N_("请接听，接听后自动拨企业。")),
    S.ENTERPRISE_RINGS: (N_("正在拨企业的电话"), N_("请在电话里等对方接听。")),
    S.TALKING: (N_("通话中"), N_("对方已接听，请读开场白。")),
    S.ENDED: (N_("通话已结束"), N_("请提交问卷，或登记通话结果。")),
    S.INTERVIEWER_BUSY: (N_("您的电话占线"), N_("请先挂断其他通话，再点「开始拨打」。")),
    S.INTERVIEWER_NO_ANSWER: (N_("您的电话没有接听"), N_("企业还没有拨。准备好后再点「开始拨打」。")),
    S.INTERVIEWER_FAILED: (
        N_("您的电话接不通"),
        N_("请核对您接听的电话后再点「开始拨打」，或用下面的号码自己拨。"),
    ),
    S.ENTERPRISE_BUSY: (N_("对方占线"), N_("请登记通话结果。")),
    S.ENTERPRISE_NO_ANSWER: (N_("对方没有接听"), N_("请登记通话结果。")),
    S.ENTERPRISE_FAILED: (N_("代拨接不通对方"), N_("可以用下面的号码自己拨一次，再登记通话结果。")),
    S.HUNG_UP: (N_("接通之前已挂断"), N_("可以再点「开始拨打」，或登记通话结果。")),
    S.REFUSED: (N_("没有拨出"), N_("可以稍后再点「开始拨打」，或用下面的号码自己拨。")),
    S.UNKNOWN: (
        N_("不知道是否已拨出"),
        N_("系统不会重拨。请等一分钟：电话响了就接听；没有响，就用下面的号码自己拨。"),
    ),
}
