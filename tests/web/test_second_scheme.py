"""A round under a scheme of another shape, from its page to its documents, by what people see."""

import io
import re
from collections.abc import Callable
from unicodedata import normalize

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from survey_app.domain.roles import Role
from survey_app.models.case import Case
from survey_app.models.enterprise import FrameEntry
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from tests.builders import token_of
from tests.conftest import FakeClock
from tests.domain.test_second_scheme import SCHEME, SERVICES, levels, unit
from tests.drawing import draw_by_form
from tests.library_builders import fill_libraries
from tests.pdf_text import pages_of
from tests.score_builders import finalise_and_publish, load_bundle, looking
from tests.web.calls import dial, take

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q2"
NAMES = ["非常满意", "满意", "一般", "不满意", "非常不满意"]


def test_enterprises_answer_in_the_schemes_levels(
    sign_in: SignIn, session: Session, clock: FakeClock
) -> None:
    fill_libraries(session, {"税务局": 8})
    session.execute(
        update(FrameEntry).values(phones=[{"number": "13800138000", "extension": "", "kind": "mobile"}])
    )
    session.commit()
    office = sign_in(Role.OFFICE)
    assert "示范评分方案（演示用，非正式规定）（shifan-2024）" in office.get("/rounds").text
    typed = {"quarter": "2022-Q2", "last_day": "2022-06-30", "scheme": "nowhere-1999"}
    refused = office.post("/rounds", data=typed)
    assert (refused.status_code, "没有评分方案「nowhere-1999」" in refused.text) == (400, True)
    assert office.post("/rounds", data={**typed, "scheme": SCHEME.key}).location == BASE
    assert draw_by_form(office, BASE, seed="公开种子").status_code == 303
    assert office.post(f"{BASE}/open").status_code == 303
    with looking(session) as other:
        rated = other.query(Unit.id).scalar()
        cases = other.query(Case).order_by(Case.id).all()
        links = [token_of(case) for case in cases]

    page = office.application.test_client()
    form = page.get(f"/s/{links[0]}").text
    options = re.findall(
        rf'id="u{rated}-rating[^"]*" value="(\w+)"[^>]*><label class="q-l q-(\w+)"[^>]*>(\w+)<', form
    )
    assert [name for _, _, name in options] == NAMES
    assert [tone for _, tone, _ in options] == ["good", "good", "wait", "wait", "bad"]
    for link, rating in zip(links, ("very_satisfied", "very_dissatisfied", "fair"), strict=False):
        stamp = re.search(r'name="form_stamp" value="([^"]+)"', page.get(f"/s/{link}").text)
        assert stamp
        values = {f"u{rated}-dealt": "yes", f"u{rated}-rating": rating, f"u{rated}-reasons": "slow"}
        assert page.post(f"/s/{link}", data={"form_stamp": stamp[1], **values}).status_code == 303
    caller = sign_in(Role.INTERVIEWER)
    address = take(caller)
    dial(caller, address)
    assert all(f">{name}<" in caller.get(address).text for name in NAMES)
    values = {"consent": "yes", f"u{rated}-dealt": "yes", f"u{rated}-rating": "satisfied"}
    assert caller.post(f"{address}/complete", data=values).status_code == 303

    progress = office.get(BASE).text
    assert all(f">{name}</th>" in progress for name in NAMES)
    sheet = office.get(f"{BASE}/scores/{rated}").text
    assert (
        "4 份答卷：非常满意 1 × 1 + 满意 1 × 0.8 + 一般 1 × 0.6 + 不满意 0 × 0.3 + 非常不满意 1 × 0 = 2.4"
        in sheet
    )
    assert "60 × 2.4 ÷ 4 = 36" in sheet
    said = office.get(f"{BASE}/scores/{rated}/answers/satisfaction").text
    assert re.findall(r'class="tag tag-(\w+)">(\w+)</span>', said) == [
        ("bad", "非常不满意"), ("wait", "一般"), ("good", "满意"), ("good", "非常满意")
    ]  # fmt: skip


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    given = [
        unit("甲局", satisfaction=levels(6, 3, 1, 0, 0), key_tasks=8.5),
        unit("乙局", endorsements=[{"practice": name, "level": "national"} for name in ("一件事", "免申")]),
        unit("丙局", broken_promises=3, satisfaction=levels(5, 0, 0, 5, 0)),
        unit("水司", SERVICES, key_tasks=9, satisfaction=levels(5, 1, 0, 0, 1)),
        unit("电司", SERVICES, key_tasks=9, satisfaction=levels(5, 1, 0, 0, 1)),
    ]
    return load_bundle(session, {"scheme": SCHEME.key, "round": "2022-Q2", "units": given}, clock.now)


def test_staff_read_ranks_within_categories(sign_in: SignIn, session: Session, round_: Round) -> None:
    office = sign_in(Role.OFFICE)
    page = office.get(f"{BASE}/scores").text
    assert "共 5 个单位，按类别分别排名" in page
    assert "折算分" not in page
    ranked = re.findall(
        r'<td class="num">(?:<span class="hint">(并列)</span> )?(\d+)</td>\s*<th scope="row"><a href="[^"]+">(\w+)',
        page,
    )
    assert ranked == [
        ("", "1", "乙局"),
        ("", "2", "甲局"),
        ("", "3", "丙局"),
        ("并列", "1", "水司"),
        ("并列", "1", "电司"),
    ]
    with looking(session) as other:
        ids = dict(other.query(Unit.name, Unit.id))
    sheet = office.get(f"{BASE}/scores/{ids['甲局']}").text
    assert "第 2 名（政府部门共 3 个单位）" in sheet
    assert "折算分" not in sheet
    assert "最多加 5，得 5" in office.get(f"{BASE}/scores/{ids['乙局']}").text
    assert "最多扣 10，得 −10" in office.get(f"{BASE}/scores/{ids['丙局']}").text
    for path in (
        "/items",
        f"/items/{ids['甲局']}",
        "/mass-appraisal",
        "/ledgers?item=endorsements",
        "/ledgers?item=broken_promises",
        "",
    ):
        assert office.get(BASE + path).status_code == 200, path
    assert "非常满意" in office.get(f"{BASE}/mass-appraisal").text


def test_every_file_says_among_whom(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    office = sign_in(Role.OFFICE)
    with looking(session) as other:
        ids = dict(other.query(Unit.name, Unit.id))
    ranking = openpyxl.load_workbook(io.BytesIO(office.get(f"{BASE}/scores.xlsx").data)).active
    rows = list(ranking.iter_rows(values_only=True))
    assert "按类别分别排名" in rows[1][0]
    assert not any("折算分" in str(cell) for cell in rows[2])
    assert [row[:3] for row in rows[3:8]] == [
        (1, "乙局", "政府部门"), (2, "甲局", "政府部门"), (3, "丙局", "政府部门"),
        (1, "水司", SERVICES), (1, "电司", SERVICES),
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(office.get(f"{BASE}/scores/{ids['水司']}.xlsx").data)).active
    assert "第 1 名（公共服务企业共 2 个单位）" in sheet["A2"].value
    finalise_and_publish(session, round_, clock.now)
    for path, words in (
        (
            f"{BASE}/scores/{ids['甲局']}.pdf",
            ("第2名（政府部门共3个单位）", "60×9÷10=54", "企业评价（60分）", "重点任务（10分）"),
        ),
        (
            f"{BASE}/notice.pdf",
            (
                "名次按单位类别分别排列",
                "政府部门的3个责任单位平均",
                "公共服务企业的2个责任单位总分相同",
                "非常不满意2份",
                "总分政府部门共3个单位1乙局",
                "公共服务企业共2个单位1(并列)水司",
            ),
        ),
        (
            f"{BASE}/scores/{ids['水司']}/report.pdf",
            ("第1名（公共服务企业共2个单位）", "满意占比是非常满意、满意的合计"),
        ),
        ("/rounds/annual/2022/summary.pdf", ("名次在同类单位中按年度平均分",)),
    ):
        answer = office.get(path)
        assert answer.status_code == 200, path
        text = "".join(pages_of(answer.data))
        for word in words:
            assert normalize("NFKC", word) in text, (path, word)
        assert "折算分" not in text
    own = sign_in(Role.UNIT, unit="水司").get("/result").text
    assert "第 1 名（公共服务企业共 2 个单位）" in own
    annual = office.get("/rounds/annual/2022").text
    assert re.findall(r'<td class="num">(\d)</td>\s*<th scope="row">(\w+)</th>', annual) == [
        ("1", "乙局"), ("2", "甲局"), ("3", "丙局"), ("1", "水司"), ("1", "电司")
    ]  # fmt: skip
