"""The enterprise's pages for the engines of 2018: the script is ES5, and the style needs nothing newer."""

import re

import pytest

from survey_app.paths import resource_folder
from survey_app.web.respondent.inline_files import script, stylesheet

MOST_SCRIPT_BYTES = 6 * 1024
# What came after ES5: syntax, and calls that a browser of 2018 may lack.
NEWER_SCRIPT = {
    "arrow": r"=>",
    "template": r"`",
    "declaration": r"\b(?:let|const|class|import|export|async|await|yield)\b",
    "spread": r"\.\.\.",
    "for of": r"\bfor\s*\([^;)]*\bof\b",
    "optional": r"\?\.(?!\d)|\?\?",
    "power": r"\*\*",
    "short method": r"[{,]\s*(?!(?:function|if|for|while|switch)\b)[a-z]\w*\s*\([^()]*\)\s*\{",
    "short property": r"\{\s*[a-z]\w*\s*[,}]",
    "default": r"function[^(]*\([^)]*=",
    "no binding": r"catch\s*\{",
    "call": r"\.(?:closest|append|prepend|replaceWith|replaceChildren|includes|startsWith|endsWith|find|findIndex|"
    r"padStart|flat|at|assign|entries|from|matchAll|replaceAll|finally|allSettled)\(",
    "object": r"\b(?:fetch|Promise|Map|Set|Symbol|Proxy|URLSearchParams|FormData|AbortController|BigInt)\b",
    "policy": r"\b(?:eval|innerHTML|outerHTML|insertAdjacentHTML)\b|document\.write|\.style\b|\bnew Function\b",
}
# What Chromium 66 and the WebKit of its year don't know, or know with a prefix.
NEWER_STYLE = {
    "selector": r":(?:has|is|where|focus-visible|not\([^)]*,)\b",
    "function": r"\b(?:clamp|min|max)\(",
    "flex gap": r"[;{\s](?:row-|column-)?gap\s*:",
    "inset": r"[;{\s]inset(?:-\w+)*\s*:",
    "logical": r"[;{\s](?:margin|padding|border)-(?:inline|block)",
    "ratio": r"aspect-ratio",
    "at-rule": r"@(?:layer|container|supports|property|import|font-face)",
    "unit": r"\d(?:d|s|l)v[hw]\b",
    "nesting": r"&",
    "colour": r"color-mix\(|#[0-9a-f]{8}\b|oklch\(",
    "forced size": r"text-size-adjust|user-scalable|maximum-scale",
}


def test_the_script_is_small_and_es5() -> None:
    text, _digest = script()
    assert len(text.encode()) < MOST_SCRIPT_BYTES
    code = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    assert "'" not in code  # one kind of quotes, so that the line above finds all strings
    assert "//" not in code
    found = {name: re.findall(pattern, code) for name, pattern in NEWER_SCRIPT.items()}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_the_style_needs_nothing_newer() -> None:
    text, _digest = stylesheet()
    found = {name: re.findall(pattern, text) for name, pattern in NEWER_STYLE.items()}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize(
    ("name", "newer"),
    [
        ("arrow", "x => x"),
        ("declaration", "let x = 1"),
        ("for of", "for (var x of y)"),
        ("short method", "{ send(x) { } }"),
        ("short property", "{ key }"),
        ("default", "function f(a = 1)"),
        ("optional", "a?.b"),
        ("call", "list.includes(1)"),
    ],
)
def test_the_check_finds_what_is_newer(name: str, newer: str) -> None:
    assert re.search(NEWER_SCRIPT[name], newer)


def test_nobody_keeps_readers_from_enlarging() -> None:
    base = (resource_folder("templates") / "respondent/base.html").read_text(encoding="utf-8")
    assert re.findall(r'name="viewport" content="([^"]+)"', base) == ["width=device-width, initial-scale=1"]
