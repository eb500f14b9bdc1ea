import hashlib
from importlib.resources import files

import pytest

from survey_app.schemes.loader import (
    DEFAULT_SCHEME,
    SchemeError,
    load_scheme,
    read_scheme,
    scheme_digest,
    scheme_keys,
)


def test_the_first_scheme_is_there() -> None:
    assert DEFAULT_SCHEME in scheme_keys()
    assert load_scheme().key == DEFAULT_SCHEME
    assert load_scheme() == load_scheme(DEFAULT_SCHEME)


@pytest.mark.parametrize("key", ["fangcheng-2023", "", "../schemes/fangcheng_2022", "fangcheng_2022", "\x00"])
def test_an_unknown_scheme_is_refused_and_the_known_ones_named(key: str) -> None:
    for look_up in (load_scheme, scheme_digest):
        with pytest.raises(SchemeError, match=r"没有评分方案.*已有：fangcheng-2022"):
            look_up(key)


def test_the_digest_is_that_of_the_file() -> None:
    content = (files("survey_app.schemes") / "fangcheng_2022" / "scheme.toml").read_bytes()
    assert scheme_digest() == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff", "不是 UTF-8 编码"),
        (b"key = ", "不是正确的 TOML"),
        (b"key = 5", "key：应为文字，不是5"),
    ],
)
def test_a_wrong_file_is_refused_with_its_faults(content: bytes, said: str) -> None:
    with pytest.raises(SchemeError, match=said):
        read_scheme(content, "x-2023")


def test_a_file_in_the_wrong_folder_is_refused() -> None:
    content = (files("survey_app.schemes") / "fangcheng_2022" / "scheme.toml").read_bytes()
    with pytest.raises(SchemeError, match="文件夹名要求是「x-2023」，文件里写的是「fangcheng-2022」"):
        read_scheme(content, "x-2023")
