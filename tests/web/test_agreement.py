"""For random rounds the command, the pages, the workbooks and the dossier agree to the last digit."""

import io
import json
import random
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from survey_app.cli.score import run_score
from survey_app.cli.verify import run_verify
from survey_app.domain.points import plain
from survey_app.domain.roles import Role
from survey_app.schemes.loader import load_scheme
from tests.conftest import FakeClock
from tests.domain.bundles import ABSENT, bundle, unit
from tests.pages import Browser
from tests.score_builders import load_bundle

BASE = "/rounds/2022-Q1"


def random_round(seed: int) -> dict[str, Any]:
    """A round of which anything may be missing, tied, at an end of its range or between."""
    chance = random.Random(seed)

    def tally(most: int) -> dict[str, int]:
        return {key: chance.randint(0, most) for key in ("satisfied", "basically_satisfied", "dissatisfied")}

    def part(whole: str, inner: str) -> dict[str, int]:
        number = chance.randint(0, 4)
        return {whole: number, inner: chance.choice([number, chance.randint(0, number)])}

    def one(name: str) -> dict[str, Any]:
        values: dict[str, Any] = {
            "revisits": part("sampled", "revisited"),
            "problems": part("raised", "solved"),
            "rectification": part("found", "fixed_on_time"),
            "innovation_highlight": chance.randint(0, 10) / 2,
            "innovation_effect": chance.randint(0, 6) / 2,
            "supervisors": {"marks": [chance.randint(2, 16) / 2 for _ in range(chance.randint(1, 4))]},
            "assigned_tasks": chance.randint(0, 16) / 2,
            "indicator_tasks": {"result": chance.choice([chance.randint(0, 9000) / 100, 90])},
            "publicity": {key: chance.randint(0, 2) for key in ("national", "provincial", "municipal")},
            "satisfaction": tally(4),
            "mass_appraisal": tally(12),
            "endorsements": [
                {"practice": practice, "level": chance.choice(["city", "province", "national"])}
                for practice in chance.sample(["一窗通办", "帮办代办", "免申即享"], chance.randint(0, 3))
            ],
            "broken_promises": chance.choice([0, 0, 1, 2]),
        }
        missing = chance.sample([*values][:11], chance.choice([0, 0, 1, 3]))
        return unit(name, **{key: ABSENT if key in missing else value for key, value in values.items()})

    return bundle(*(one(f"单位{number}") for number in range(1, chance.randint(3, 6))))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_ways_to_a_score_agree(
    seed: int, sign_in: Callable[..., FlaskClient], session: Session, clock: FakeClock, tmp_path: Path
) -> None:
    load_bundle(session, random_round(seed), clock.now)
    client = sign_in(Role.OFFICE)
    paths = {name: tmp_path / name for name in ("scores.json", "dossier.json")}
    for name, path in paths.items():
        path.write_bytes(client.get(f"{BASE}/{name}").data)
    out, err = io.StringIO(), io.StringIO()
    assert run_score(str(paths["scores.json"]), out, err) == 0, err.getvalue()
    scored = json.loads(out.getvalue(), parse_float=Decimal, parse_int=Decimal)
    assert run_verify(str(paths["dossier.json"]), None, out, err) == 0, err.getvalue()
    dossier = json.loads(paths["dossier.json"].read_bytes(), parse_float=Decimal, parse_int=Decimal)
    assert dossier["scores"] == scored
    browser = Browser(client)
    ranking = browser.open(f"{BASE}/scores")
    shown = {row[1].split(" 缺 ")[0]: (row[0].split()[-1], *row[3:7]) for row in ranking.rows[1:]}
    assert shown == {
        name: (
            plain(each["rank"]),
            *(plain(each[key]) for key in ("base", "endorsements", "broken_promises", "total")),
        )
        for name, each in scored.items()
    }
    for name, each in scored.items():
        _sheet_agrees(browser, ranking.link(name), each)
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{BASE}/scores.xlsx").data))
    rows = [row for row in book.active.iter_rows(min_row=4, values_only=True) if row[1]]
    assert {row[1]: (row[0], *map(_points, row[3:7])) for row in rows} == {
        name: (each["rank"], each["base"], each["endorsements"], each["broken_promises"], each["total"])
        for name, each in scored.items()
    }


def _sheet_agrees(browser: Browser, address: str, scored: dict[str, Any]) -> None:
    """A unit's page and workbook have a row for each line of the sheet; items of one line are added up."""
    lines: dict[str, Decimal] = {}
    for item in load_scheme().items:
        points = scored["items"].get(item.id)
        if points is not None:
            line = item.group.id if item.group else item.id
            lines[line] = lines.get(line, Decimal(0)) + points
    wanted = [*lines.values(), scored["endorsements"], scored["broken_promises"], scored["total"]]
    page = browser.open(address)
    rows = iter(page.rows)
    next(row for row in rows if row[0] == "监测内容")
    shown: list[Decimal | None] = []
    for row in rows:
        shown.append(_points(row[-2]))
        if row[0] == "合计":
            break
    assert [points for points in shown if points is not None] == wanted
    book = openpyxl.load_workbook(io.BytesIO(browser.open(page.link("评分表（Excel）")).answer.data))
    cells = [_points(row[3]) for row in book.active.iter_rows(min_row=4, values_only=True)]
    assert [points for points in cells if points is not None] == wanted


def _points(cell: object) -> Decimal | None:
    """The points that a cell says, which may go on to say what is pending; None for 待定 or 不计分."""
    found = re.match(r"-?[0-9.]+", str("" if cell is None else cell).replace("−", "-"))
    return Decimal(found[0]) if found else None
