"""Checking a scheme's whole folder: every file that a round needs, and all that is wrong with them at once."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from survey_app.domain.scheme import Scheme
from survey_app.schemes.calling import load_calling_rules
from survey_app.schemes.instruments import INSTRUMENTS, load_instrument
from survey_app.schemes.loader import SchemeError, load_scheme
from survey_app.schemes.messages import load_sending, load_templates
from survey_app.schemes.notices import load_notices
from survey_app.schemes.quality import load_quality_rules
from survey_app.schemes.rectification import load_terms
from survey_app.schemes.scripts import load_back_check_script, load_script
from survey_app.schemes.wording import load_wording

Part = TypeVar("Part")
MESSAGES = tuple(
    f"{survey}.{name}" for survey in INSTRUMENTS for name in ("invitation", "reminder", "receipt")
)


def check_scheme(key: str) -> Scheme:
    """Return the scheme with a key; raise SchemeError naming every fault of every file of its folder."""
    faults: list[str] = []
    scheme = _load(load_scheme, key, faults)
    if scheme is not None:  # Without the scheme it isn't known which levels the questionnaires should offer.
        faults += [fault for name in INSTRUMENTS if (fault := _fault_of_instrument(scheme, name))]
        faults += [
            f"评分方案 {key}：items[{item.id}]：由答卷计分的项目，编号只能是 {'、'.join(INSTRUMENTS)}"
            for item in scheme.items
            if item.answered and item.id not in INSTRUMENTS
        ]
    for name in INSTRUMENTS:
        _load(partial(load_script, instrument_key=name), key, faults)
        _load(partial(load_back_check_script, instrument_key=name), key, faults)
        _load(partial(load_notices, instrument_key=name), key, faults)
    _load(load_calling_rules, key, faults)
    _load(load_quality_rules, key, faults)
    _load(load_terms, key, faults)
    _load(load_wording, key, faults)
    _load(load_sending, key, faults)
    templates = _load(load_templates, key, faults)
    if templates is not None and (missing := [name for name in MESSAGES if name not in templates]):
        faults.append(f"评分方案 {key} 的 messages.toml 缺少短信模板：{'、'.join(missing)}")
    if scheme is None or faults:
        # Where there is no such scheme, each file says the same.
        raise SchemeError("\n".join(dict.fromkeys(faults)))
    return scheme


def _fault_of_instrument(scheme: Scheme, name: str) -> str | None:
    try:
        load_instrument(scheme.key, name)
    except SchemeError as error:
        return str(error)
    return None


def _load(load: Callable[[str], Part], key: str, faults: list[str]) -> Part | None:
    try:
        return load(key)
    except ValueError as error:  # what refuses any of the files is one
        faults.append(str(error))
        return None
