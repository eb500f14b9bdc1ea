"""The roles that people sign in with."""

from enum import StrEnum

from survey_app.domain.text import N_


class Role(StrEnum):
    """What an account is for; every page names the roles that may open it, and all others are refused."""

    ADMIN = "admin"  # 系统管理员: accounts and units, no answers, no scores
    OFFICE = "office"  # 营商办: runs the round, enters items
    COMMISSION = "commission"  # 纪委: owns 群众评
    INTERVIEWER = "interviewer"  # 电话回访员
    SUPERVISOR = "supervisor"  # 特邀监督员: own marks only
    UNIT = "unit"  # 责任单位: its own published result only


ROLE_NAMES = {
    Role.ADMIN: N_("系统管理员"),
    Role.OFFICE: N_("营商办"),
    Role.COMMISSION: N_("纪委监委"),
    Role.INTERVIEWER: N_("电话回访员"),
    Role.SUPERVISOR: N_("特邀监督员"),
    Role.UNIT: N_("责任单位"),
}
