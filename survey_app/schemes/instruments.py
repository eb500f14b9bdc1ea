"""The questionnaires of a scheme, read from its folder."""

import tomllib
from functools import cache

from survey_app.domain.instrument import Instrument
from survey_app.domain.instrument_parser import parse_instrument
from survey_app.domain.scheme import Scheme
from survey_app.schemes.loader import SchemeError, load_scheme, read_part

INSTRUMENTS = ("satisfaction", "mass_appraisal")


@cache
def load_instrument(scheme_key: str, instrument_key: str) -> Instrument:
    """Return a questionnaire of a scheme; raise SchemeError when there is none, or its file is wrong."""
    if instrument_key not in INSTRUMENTS:
        raise SchemeError(f"没有问卷「{instrument_key}」，已有：{'、'.join(INSTRUMENTS)}")
    content = read_part(scheme_key, f"{instrument_key}.toml", "问卷文件")
    return read_instrument(content, instrument_key, load_scheme(scheme_key))


def read_instrument(content: bytes, key: str, scheme: Scheme) -> Instrument:
    """Return the questionnaire of a scheme that a file's bytes hold; raise SchemeError with all faults."""
    try:
        mapping = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SchemeError(f"问卷 {key} 的文件不是 UTF-8 编码的 TOML：{error}") from error
    instrument, faults = parse_instrument(mapping, [level.key for level in scheme.ratings])
    if instrument is not None and instrument.key != key:
        faults.append(f"key：文件名要求是「{key}」，文件里写的是「{instrument.key}」")
    if instrument is None or faults:
        raise SchemeError("\n".join([f"问卷 {key} 的文件有 {len(faults)} 处错误：", *faults]))
    return instrument
