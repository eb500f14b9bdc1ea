"""Scores for staff: who reads them, what they say, the files they come in, and the two steps to the end."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.cli.score import run_score
from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.domain.score_json import round_as_json
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services.scores import live_scores
from tests.builders import build_case, build_round
from tests.conftest import FakeClock
from tests.domain.bundles import ABSENT, bundle, unit
from tests.score_builders import build_answers, close, load_bundle, looking

SignIn = Callable[..., FlaskClient]
BASE = "/rounds/2022-Q1"


@pytest.fixture
def round_(session: Session, clock: FakeClock) -> Round:
    given = bundle(
        unit("甲局", satisfaction={"satisfied": 8, "basically_satisfied": 1, "dissatisfied": 1}),
        unit("乙局", endorsements=[{"practice": "=HYPERLINK(1)", "level": "city"}], broken_promises=1),
        unit("丙局", publicity={"national": 0, "provincial": 0, "municipal": 0}),
    )
    return load_bundle(session, given, clock.now)


def _id(session: Session, name: str) -> int:
    with looking(session) as other:
        return other.query(Unit).filter_by(name=name).one().id


def test_scores_open_for_the_office_and_the_commission_only(
    sign_in: SignIn, session: Session, round_: Round
) -> None:
    rated = _id(session, "甲局")
    readers = {Role.OFFICE, Role.COMMISSION}
    pages = {
        "/scores": readers, f"/scores/{rated}": readers, f"/scores/{rated}/answers/satisfaction": readers,
        "/scores.xlsx": readers, f"/scores/{rated}.xlsx": readers, "/scores.json": readers,
        "/dossier.json": readers,
        "/finalise": {Role.OFFICE},
    }  # fmt: skip
    for role in Role:
        client = sign_in(role, unit="甲局" if role is Role.UNIT else None)
        for path, roles in pages.items():
            assert client.get(BASE + path).status_code == (200 if role in roles else 403), (role, path)
        for path in ("/finalise", "/publish"):
            assert (client.post(BASE + path).status_code == 403) == (role is not Role.OFFICE)
    session.refresh(round_)
    assert round_.state is RoundState.OPEN


def test_ranking_says_what_it_is_and_what_it_lacks(
    sign_in: SignIn, session: Session, clock: FakeClock
) -> None:
    load_bundle(session, bundle(unit("甲局", publicity=ABSENT), unit("乙局"), unit("丙局")), clock.now)
    page = sign_in(Role.OFFICE).get(f"{BASE}/scores").text
    for sentence in ("试算（未核定）", "截至 2022-06-15 10:00", "有 1 个单位还有待定项", "缺 1 项", "并列"):
        assert sentence in page, sentence


def test_round_without_units_has_a_page(sign_in: SignIn, session: Session) -> None:
    build_round(session, "2022-Q1")
    session.commit()
    client = sign_in(Role.OFFICE)
    assert "还没有责任单位" in client.get(f"{BASE}/scores").text
    assert "还没有责任单位" in client.get(f"{BASE}/items").text


def test_sheet_explains_every_point_and_leads_to_what_is_behind(
    sign_in: SignIn, session: Session, round_: Round
) -> None:
    rated = _id(session, "甲局")
    page = sign_in(Role.OFFICE).get(f"{BASE}/scores/{rated}").text
    assert "20 − 1 基本满意 × 1 − 1 不满意 × 2 = 17" in page
    assert "全量样本企业回访得5分" in page
    assert f"{BASE}/scores/{rated}/answers/satisfaction" in page
    assert f"{BASE}/items/{rated}/assigned_tasks" in page
    assert "95% 置信区间" in page
    assert sign_in(Role.OFFICE).get(f"{BASE}/scores/999").status_code == 404


def test_answers_are_shown_without_who_gave_them(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    rated = session.get_one(Unit, _id(session, "甲局"))
    case = build_case(session, round_, [rated])
    said = {"reasons": ["attitude", "other"], "reasons-text": "打13911112222找老板"}
    build_answers(session, case, {rated.id: "dissatisfied"}, clock.now, **said)
    session.commit()
    hidden_name, hidden_id = case.enterprise.name, case.public_id
    session.commit()
    page = sign_in(Role.COMMISSION).get(f"{BASE}/scores/{rated.id}/answers/satisfaction").text
    assert "共 11 份" in page
    assert "2022-06-15" in page
    assert "态度差、其他" in page
    for hidden in (hidden_name, hidden_id, "13911112222", "王敏", "13800138000", "10:00:"):
        assert hidden not in page
    assert sign_in(Role.COMMISSION).get(f"{BASE}/scores/{rated.id}/answers/publicity").status_code == 404


def test_downloaded_bundle_gives_the_pages_scores(
    sign_in: SignIn, session: Session, round_: Round, tmp_path: Path
) -> None:
    answer = sign_in(Role.OFFICE).get(f"{BASE}/scores.json")
    path = tmp_path / "bundle.json"
    path.write_bytes(answer.data)
    out, err = io.StringIO(), io.StringIO()
    assert run_score(str(path), out, err) == 0, err.getvalue()
    assert json.loads(out.getvalue()) == round_as_json(live_scores(session, round_).score)


def test_sheet_as_a_workbook_has_the_plans_table(sign_in: SignIn, session: Session, round_: Round) -> None:
    rated = _id(session, "乙局")
    answer = sign_in(Role.OFFICE).get(f"{BASE}/scores/{rated}.xlsx")
    assert "attachment" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book.active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "2022年第一季度政务服务效能监测评分表"
    assert "试算（未核定）" in rows[1][0]
    assert rows[2] == ["监测内容", None, "监测要求", "得分情况", "备注"]
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A1:E1", "A3:B3", "A4:A9", "A10:B10", "A11:B11", "A12:B12", "A13:A14", "A15:B15"} <= merged
    contents = [row[1] or row[0] for row in rows[3:12]]
    assert contents[0] == "入企帮扶情况（8 分）"
    assert contents[5:] == [
        "各项指标任务监测情况", "宣传报道推介情况（10 分）", "企业满意度调查情况（20 分）",
        "县纪委监委对各单位开展的“群众评”情况（30 分）",
    ]  # fmt: skip
    assert [row[3] for row in rows[3:15]] == [8, 8, 8, 8, 8, "不计分", 10, 20, 30, 2, -10, 92]
    assert "=HYPERLINK(1)（市级）+2 = 2" in rows[12][4]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet.page_setup.paperSize == 9
    assert sheet.print_title_rows == "$1:$3"


def test_ranking_as_a_workbook_has_all_units_by_rank(
    sign_in: SignIn, session: Session, round_: Round
) -> None:
    answer = sign_in(Role.COMMISSION).get(f"{BASE}/scores.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert rows[0][:7] == ["名次", "责任单位", "类别", "基础分", "加分", "减分", "总分"]
    result = live_scores(session, round_)
    wanted = sorted(result.score.units, key=lambda score: score.rank)
    assert rows[-1][0] == f"试算　校验码（SHA-256）{result.digest}"
    assert [(row[0], row[1], row[6]) for row in rows[1:-2]] == [
        (score.rank, score.unit, pytest.approx(float(score.total))) for score in wanted
    ]


def test_office_finalises_and_publishes_and_pages_then_read_what_is_frozen(
    sign_in: SignIn, session: Session, round_: Round, clock: FakeClock
) -> None:
    client = sign_in(Role.OFFICE)
    assert "回访还没有截止" in client.get(f"{BASE}/finalise").text
    assert client.post(f"{BASE}/finalise").status_code == 400
    close(session, round_, clock.now)
    assert "核定 3 个单位的得分" in client.get(f"{BASE}/finalise").text
    assert client.get(f"{BASE}/publish").status_code == 404
    assert client.post(f"{BASE}/finalise").status_code == 303
    session.refresh(round_)
    assert round_.state is RoundState.FINALISED
    session.rollback()
    page = client.get(f"{BASE}/scores").text
    assert "已核定（未公布）" in page
    assert "公布结果" in page
    assert "请由另一位营商办人员公布" in client.get(f"{BASE}/publish").text
    assert client.post(f"{BASE}/publish").status_code == 400
    second = sign_in(Role.OFFICE, username="office2")
    page = second.get(f"{BASE}/publish").text
    assert "3 个责任单位各自可以看到" in page
    assert "第 1 版由office-于 2022-06-15 10:00 核定" in page
    assert second.post(f"{BASE}/publish").status_code == 303
    rated = session.get_one(Unit, _id(session, "甲局"))
    build_answers(session, build_case(session, round_, [rated]), {rated.id: "dissatisfied"}, clock.now)
    session.commit()
    sheet = client.get(f"{BASE}/scores/{rated.id}").text
    assert "20 − 1 基本满意 × 1 − 1 不满意 × 2 = 17" in sheet
    assert "未核定" not in sheet


def test_finalising_with_something_missing_names_it(
    sign_in: SignIn, session: Session, clock: FakeClock
) -> None:
    round_ = load_bundle(session, bundle(unit("甲局", publicity=ABSENT), unit("乙局")), clock.now)
    close(session, round_, clock.now)
    client = sign_in(Role.OFFICE)
    assert "甲局缺宣传报道" in client.get(f"{BASE}/finalise").text
    answer = client.post(f"{BASE}/finalise")
    assert answer.status_code == 400
    assert "甲局缺宣传报道" in answer.text
