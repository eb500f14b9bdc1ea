"""A scheme's folder as a whole: what lacks or doesn't fit in any file is named, all of it at once."""

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from survey_app.cli.main import main
from survey_app.schemes import loader
from survey_app.schemes.calling import load_calling_rules
from survey_app.schemes.folder_check import check_scheme
from survey_app.schemes.instruments import load_instrument
from survey_app.schemes.loader import SchemeError, load_scheme, scheme_keys
from survey_app.schemes.messages import load_sending, load_templates
from survey_app.schemes.notices import load_notices
from survey_app.schemes.quality import load_quality_rules
from survey_app.schemes.scripts import load_back_check_script, load_script
from survey_app.schemes.wording import load_wording

CACHED = (
    load_scheme,
    load_instrument,
    load_script,
    load_back_check_script,
    load_quality_rules,
    load_wording,
    load_templates,
    load_sending,
    load_notices,
    load_calling_rules,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A right scheme of next year in a place where its files can be spoilt."""
    source = Path(str(files("survey_app.schemes"))) / "fangcheng_2022"
    copy = tmp_path / "fangcheng_2023"
    shutil.copytree(source, copy)
    spoil(copy / "scheme.toml", 'key = "fangcheng-2022"', 'key = "fangcheng-2023"')
    monkeypatch.setattr(loader, "FOLDERS", tmp_path)
    yield copy
    for load in CACHED:
        load.cache_clear()


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal() -> str:
    with pytest.raises(SchemeError) as caught:
        check_scheme("fangcheng-2023")
    return str(caught.value)


@pytest.mark.parametrize("key", scheme_keys())
def test_the_shipped_schemes_are_right(key: str) -> None:
    assert check_scheme(key).key == key


def test_next_years_scheme_is_a_folder(folder: Path) -> None:
    spoil(folder / "scheme.toml", "basically_satisfied = 1", "basically_satisfied = 0.5")
    assert scheme_keys() == ["fangcheng-2023"]
    assert check_scheme("fangcheng-2023").key == "fangcheng-2023"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("satisfaction.toml", "没有问卷文件 satisfaction.toml"),
        ("mass_appraisal.toml", "没有问卷文件 mass_appraisal.toml"),
        ("script.toml", "没有电话话术文件 script.toml"),
        ("messages.toml", "没有短信模板文件 messages.toml"),
        ("notices.toml", "没有个人信息说明文件 notices.toml"),
        ("documents.toml", "没有文书用语文件 documents.toml"),
        ("quality.toml", "没有质量复核规则文件 quality.toml"),
        ("calling.toml", "没有拨打规则文件 calling.toml"),
    ],
)
def test_a_file_that_lacks_is_named(folder: Path, name: str, fault: str) -> None:
    (folder / name).unlink()
    assert refusal() == f"评分方案 fangcheng-2023 {fault}"


def test_a_questionnaire_offers_the_schemes_own_levels(folder: Path) -> None:
    spoil(folder / "satisfaction.toml", 'value = "satisfied"', 'value = "very_satisfied"')
    assert refusal().splitlines() == [
        "问卷 satisfaction 的文件有 1 处错误：",
        "questions「rating」：应为单选，选项依次为 satisfied、basically_satisfied、dissatisfied",
    ]


def test_all_files_are_looked_at(folder: Path) -> None:
    (folder / "documents.toml").unlink()
    spoil(folder / "messages.toml", "[satisfaction.receipt]", "[satisfaction.thanks]")
    spoil(folder / "script.toml", "工号{interviewer}", "工号{caller}")
    spoil(folder / "notices.toml", "retention = ", "kept = ")
    (folder / "mass_appraisal.toml").write_bytes(b"\xff")
    said = refusal()
    for fault in (
        "问卷 mass_appraisal 的文件不是 UTF-8",
        "opening.zh：不认识 {caller}",
        "satisfaction：第 1 版.retention（保存多久）：应有 zh 和 en",
        "satisfaction：第 1 版.kept：不认识这一项",
        "没有文书用语文件",
        "messages.toml 缺少短信模板：satisfaction.receipt",
    ):
        assert fault in said


def test_a_wrong_scheme_is_named_once_and_its_other_files_too(folder: Path) -> None:
    spoil(folder / "scheme.toml", "grace_minutes = 30", "grace_minutes = -1")
    (folder / "script.toml").unlink()
    said = refusal()
    assert said.count("answers.grace_minutes：应为不小于 0 的整数") == 1
    assert "没有电话话术文件" in said


def test_an_item_of_answers_needs_a_questionnaire(folder: Path) -> None:
    spoil(
        folder / "scheme.toml",
        'id = "satisfaction"\nsection = "satisfaction"',
        'id = "opinion"\nsection = "satisfaction"',
    )
    assert "items[opinion]：由答卷计分的项目，编号只能是 satisfaction、mass_appraisal" in refusal()


def test_an_unknown_scheme_is_said_once() -> None:
    with pytest.raises(SchemeError) as caught:
        check_scheme("nowhere-1999")
    assert str(caught.value).splitlines() == [
        "没有评分方案「nowhere-1999」，已有：fangcheng-2022、shifan-2024"
    ]


def test_the_command_checks_without_a_database(folder: Path) -> None:
    right = CliRunner().invoke(main, ["check-scheme"])
    assert (right.exit_code, right.stdout.startswith("fangcheng-2023：")) == (0, True)
    for load in CACHED:
        load.cache_clear()
    (folder / "script.toml").unlink()
    wrong = CliRunner().invoke(main, ["check-scheme", "fangcheng-2023"])
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "没有电话话术文件 script.toml" in wrong.stderr
