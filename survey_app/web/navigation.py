"""The menu at the left: which pages a role works with."""

from dataclasses import dataclass

from flask import Flask, request
from flask_babel import lazy_gettext as _l

from survey_app.domain.roles import ROLE_NAMES, Role
from survey_app.web import context


@dataclass(frozen=True)
class Entry:
    """One line of the menu."""

    endpoint: str
    title: str
    roles: tuple[Role, ...]


MENU = (
    Entry("rounds.index", _l("季度轮次"), (Role.OFFICE, Role.COMMISSION)),
    Entry("frames.index", _l("样本库"), (Role.OFFICE,)),
    Entry("promises.index", _l("承诺时限"), (Role.OFFICE, Role.COMMISSION)),
    Entry("outbox.index", _l("短信发件箱"), (Role.OFFICE, Role.COMMISSION)),
    Entry("onsite.index", _l("现场问卷录入"), (Role.OFFICE, Role.COMMISSION)),
    Entry("calling.index", _l("拨打日历"), (Role.OFFICE, Role.ADMIN)),
    Entry("interviewer.desk", _l("电话回访"), (Role.INTERVIEWER,)),
    Entry("back_checks.desk", _l("质量复核"), (Role.INTERVIEWER,)),
    Entry("marks.index", _l("监督评分"), (Role.SUPERVISOR,)),
    Entry("library.index", _l("报送样本库"), (Role.UNIT,)),
    Entry("result.index", _l("本单位得分"), (Role.UNIT,)),
    Entry("my_rectifications.index", _l("整改任务"), (Role.UNIT,)),
    Entry(
        "schemes.index",
        _l("评分方案"),
        (Role.OFFICE, Role.COMMISSION, Role.SUPERVISOR, Role.UNIT, Role.ADMIN),
    ),
    Entry("admin.accounts", _l("账号"), (Role.ADMIN,)),
)


def install(app: Flask) -> None:
    """Offer the menu of whoever is signed in to the layout."""

    @app.context_processor
    def menu() -> dict[str, object]:
        who = context.signed_in()
        entries = [e for e in MENU if who and who.role in e.roles and e.endpoint in app.view_functions]
        return {
            "who": who,
            "role_name": ROLE_NAMES[who.role] if who else None,
            "menu": entries,
            # All pages of a round belong to the list of rounds, and so for the libraries, whatever group they are in.
            "here": next(
                (name for name in ("rounds", "frames") if request.path.startswith(f"/{name}")),
                request.blueprint,
            ),
        }
