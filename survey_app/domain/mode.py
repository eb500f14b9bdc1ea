"""The channels that an answer can come by."""

from enum import StrEnum


class Mode(StrEnum):
    """调查方式 — how the answer reached us."""

    QR = "qr"
    SMS = "sms"
    PHONE = "phone"
    ONSITE = "onsite"


MODE_NAMES = {Mode.QR: "扫码", Mode.SMS: "短信链接", Mode.PHONE: "电话回访", Mode.ONSITE: "现场"}
