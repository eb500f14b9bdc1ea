"""The calendar of calls by HTTP."""

from collections.abc import Callable

from flask.testing import FlaskClient

from survey_app.domain.disposition import RULES
from survey_app.domain.roles import Role


def test_a_day_set_against_the_calendar(sign_in: Callable[..., FlaskClient]) -> None:
    office = sign_in(Role.OFFICE)
    page = office.get("/calling").text
    assert "09:30–11:30、15:00–17:30" in page
    for rule in RULES.values():
        assert rule.name in page
        assert rule.aapor in page
    wrong = office.post("/calling", data={"day": "明天", "working": "0", "reason": "<b>停电</b>"})
    assert wrong.status_code == 400
    assert "请填写日期" in wrong.text
    assert "&lt;b&gt;停电&lt;/b&gt;" in wrong.text
    right = {"day": "2022-06-16", "working": "0", "reason": "停电"}
    assert "停电" in office.post("/calling", data=right, follow_redirects=True).text
    assert office.post("/calling", data=right).status_code == 409
    admin = sign_in(Role.ADMIN)
    removed = admin.post("/calling/1/remove", follow_redirects=True)
    assert "2022-06-16 已恢复按日历计算" in removed.text
    assert "已经删去" in admin.post("/calling/1/remove", follow_redirects=True).text
