"""The channels that an answer can come by."""

from enum import StrEnum

from survey_app.domain.text import N_


class Mode(StrEnum):
    """调查方式 — how the answer reached us."""

    QR = "qr"
    SMS = "sms"
    PHONE = "phone"
    ONSITE = "onsite"


MODE_NAMES = {
    Mode.QR: N_("扫码"),
    Mode.SMS: N_("短信链接"),
    Mode.PHONE: N_("电话回访"),
    Mode.ONSITE: N_("现场"),
}
