"""The office's pages of the libraries: look first, then store; refuse in one sentence; keep nothing else."""

import errno
import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from survey_app.domain.roles import Role
from survey_app.integrations.spreadsheets import write_csv
from survey_app.models.enterprise import Enterprise, FrameEntry, FrameImport
from survey_app.models.unit import Unit
from tests.builders import build_unit
from tests.conftest import FakeClock

FRAMES = Path(__file__).parents[1] / "frames"
SignIn = Callable[..., FlaskClient]


def _upload(client: FlaskClient, data: bytes, name: str, unit: str = "") -> TestResponse:
    return client.post("/frames/import", data={"file": (io.BytesIO(data), name), "unit": unit})


def _sample(client: FlaskClient, name: str, unit: str = "") -> TestResponse:
    return _upload(client, (FRAMES / name).read_bytes(), name, unit)


def _csv(*rows: list[str]) -> bytes:
    return write_csv([["企业名称", "联系电话"], *rows])


def _kept(app: Flask) -> list[Path]:
    return sorted((Path(app.instance_path) / "uploads").glob("*"))


def _stored(session: Session) -> tuple[int, int, int]:
    kinds = (FrameEntry, FrameImport, Unit)
    counts = tuple(session.query(kind).count() for kind in kinds)
    session.rollback()
    return counts  # type: ignore[return-value]


def test_preview_names_every_remark_and_stores_nothing_but_the_upload(
    app: Flask, sign_in: SignIn, session: Session
) -> None:
    client = sign_in(Role.OFFICE)
    page = _sample(client, "4-自来水公司-GBK.csv", "自来水公司")
    assert page.status_code == 200
    assert "手机号应为 11 位，这里是 10 位" in page.text
    assert "保存这 32 家企业" in page.text
    assert "会新建 1 个责任单位：自来水公司" in page.text
    # Faults come first, then duplicates, then warnings.
    places = [
        page.text.index(f'<section class="card" id="{id_}"') for id_ in ("faults", "duplicates", "warnings")
    ]
    assert places == sorted(places)
    assert _stored(session) == (0, 0, 0)
    (kept,) = _kept(app)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(kept.stem) == 32


def test_preview_masks_phones(sign_in: SignIn) -> None:
    page = _upload(
        sign_in(Role.OFFICE), _csv(["甲公司", "13800138000"], ["乙公司", "0377-67230000"]), "库.csv", "税务局"
    )
    assert "138****8000" in page.text
    assert "0377-****000" in page.text
    assert "13800138000" not in page.text
    assert "67230000" not in page.text


def _token(page: TestResponse) -> str:
    return page.text.partition('name="token" value="')[2].partition('"')[0]


def test_committing_stores_and_a_second_file_updates(app: Flask, sign_in: SignIn, session: Session) -> None:
    client = sign_in(Role.OFFICE)
    for phone, words in (("13800138000", "新增 1 家，更新 0 家"), ("13900139000", "新增 0 家，更新 1 家")):
        page = _upload(client, _csv(["甲公司", phone]), "库.csv", "税务局")
        answer = client.post("/frames/import/commit", data={"token": _token(page)}, follow_redirects=True)
        # Without a code, another number makes another enterprise; the same one twice is what updates.
        assert words in answer.text or phone.startswith("139")
        assert _kept(app) == []
    page = _upload(client, _csv(["甲公司", "13800138000"]), "库.csv", "税务局")
    answer = client.post("/frames/import/commit", data={"token": _token(page)}, follow_redirects=True)
    assert "新增 0 家，更新 1 家" in answer.text
    assert "共 1 个单位、2 家企业" in answer.text


def test_workbook_of_three_units_creates_those_that_are_missing(sign_in: SignIn, session: Session) -> None:
    client = sign_in(Role.OFFICE)
    page = _sample(client, "6-汇总-多单位.xlsx")
    answer = client.post("/frames/import/commit", data={"token": _token(page)}, follow_redirects=True)
    assert "新建了责任单位" in answer.text
    assert _stored(session) == (45, 1, 3)
    assert session.query(Enterprise).count() == 45


@pytest.mark.parametrize(
    ("name", "unit", "words"),
    [
        ("7-其实是网页.xls", "税务局", "网页"),
        ("8-空文件.xlsx", "税务局", "空的"),
        ("1-行政审批局-按模板.xlsx", "", "属于哪个责任单位"),
    ],
)
def test_refused_file_gets_one_sentence_beside_the_field_and_is_not_kept(
    app: Flask, sign_in: SignIn, session: Session, name: str, unit: str, words: str
) -> None:
    page = _sample(sign_in(Role.OFFICE), name, unit)
    assert page.status_code == 400
    assert words in page.text.partition('id="file-error"')[2].partition("</p>")[0]
    assert _kept(app) == []
    assert _stored(session) == (0, 0, 0)


def test_form_without_a_file_or_with_an_endless_unit_says_so(sign_in: SignIn) -> None:
    client = sign_in(Role.OFFICE)
    page = client.post("/frames/import", data={"unit": "税务局"})
    assert (page.status_code, "还没有选择文件" in page.text, "税务局" in page.text) == (400, True, True)
    page = _upload(client, _csv(["甲公司", "13800138000"]), "库.csv", "局" * 101)
    assert (page.status_code, "最多 100 个字" in page.text) == (400, True)


def test_file_over_the_limit_is_refused(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(Role.OFFICE)
    page = _upload(client, b"x" * (10 * 1024 * 1024 + 1), "库.csv", "税务局")
    assert page.status_code in (400, 413)
    assert "10 MB" in page.text
    page = _upload(client, b"x" * (app.config["MAX_CONTENT_LENGTH"] + 1), "库.csv", "税务局")
    assert (page.status_code, "10 MB" in page.text) == (413, True)


def test_upload_belongs_to_who_sent_it_and_for_an_hour(
    app: Flask, sign_in: SignIn, session: Session, clock: FakeClock
) -> None:
    client = sign_in(Role.OFFICE)
    token = _token(_upload(client, _csv(["甲公司", "13800138000"]), "库.csv", "税务局"))
    other = sign_in(Role.OFFICE, username="other")
    for path in ("commit", "cancel"):
        other.post(f"/frames/import/{path}", data={"token": token})
    assert len(_kept(app)) == 1
    for strange in ("", "../../secret", "0" * 32):
        answer = client.post("/frames/import/commit", data={"token": strange}, follow_redirects=True)
        assert "预览已过期" in answer.text
    clock.advance(timedelta(minutes=61))
    client = sign_in(Role.OFFICE)
    answer = client.post("/frames/import/commit", data={"token": token}, follow_redirects=True)
    assert "预览已过期" in answer.text
    assert _stored(session) == (0, 0, 0)
    # The next upload sweeps what nobody decided on.
    _upload(client, _csv(["甲公司", "13800138000"]), "库.csv", "税务局")
    assert [path.stem == token for path in _kept(app)] == [False]


def test_cancelling_deletes_the_upload(app: Flask, sign_in: SignIn, session: Session) -> None:
    client = sign_in(Role.OFFICE)
    token = _token(_upload(client, _csv(["甲公司", "13800138000"]), "库.csv", "税务局"))
    answer = client.post("/frames/import/cancel", data={"token": token}, follow_redirects=True)
    assert "什么都没有保存" in answer.text
    assert _kept(app) == []
    assert _stored(session) == (0, 0, 0)


def test_file_without_a_usable_row_offers_no_saving(sign_in: SignIn) -> None:
    page = _upload(sign_in(Role.OFFICE), _csv(["甲公司", ""]), "库.csv", "税务局")
    assert page.status_code == 200
    assert "没有一行可用" in page.text
    assert "/frames/import/commit" not in page.text


def test_what_a_file_says_is_text_on_the_page(sign_in: SignIn) -> None:
    page = _upload(sign_in(Role.OFFICE), _csv(["<script>x</script>", "13800138000"]), "<b>.csv", "税务局")
    assert "<script>x" not in page.text
    assert "<b>" not in page.text


def test_list_is_empty_then_says_which_units_wait(sign_in: SignIn, session: Session) -> None:
    client = sign_in(Role.OFFICE)
    assert "还没有样本库" in client.get("/frames").text
    build_unit(session, "税务局")
    session.commit()
    page = client.get("/frames").text
    assert "共 1 个单位、0 家企业" in page
    assert "未导入" in page


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OFFICE], ids=str)
def test_pages_are_the_offices_only(sign_in: SignIn, session: Session, role: Role) -> None:
    build_unit(session, "税务局")
    session.commit()
    client = sign_in(role, "税务局" if role is Role.UNIT else None)
    assert client.get("/frames").status_code == 403
    assert client.get("/frames/import").status_code == 403
    for path in ("", "/commit", "/cancel"):
        assert client.post(f"/frames/import{path}").status_code == 403


def test_full_disk_keeps_nothing_half_and_says_what_to_do(
    app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, _data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def open_full(descriptor: int, _mode: str) -> Full:
        os.close(descriptor)
        return Full()

    office = sign_in(Role.OFFICE)
    monkeypatch.setattr(os, "fdopen", open_full)
    answer = _upload(office, _csv(["甲公司", "13800138000"]), "a.csv", "税务局")
    assert answer.status_code == 503
    assert "磁盘" in answer.text
    assert _kept(app) == []
