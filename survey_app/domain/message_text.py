"""The text of a message: templates with named variables, and the segments that a carrier counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# 3GPP TS 23.038: the default alphabet, and the characters that cost two places in it.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class TemplateError(ValueError):
    """A template or its variables that can't be used; the sentence says which and why."""


@dataclass(frozen=True)
class Template:
    """A text with `{name}` for each of its variables; the two must agree."""

    key: str
    text: str
    variables: tuple[str, ...]

    def __post_init__(self) -> None:
        found = set(_PLACEHOLDER.findall(self.text))
        if found != set(self.variables):
            difference = "、".join(sorted(found ^ set(self.variables)))
            raise TemplateError(f"短信模板 {self.key}：正文与 variables 不一致（{difference}），请改为一致")
        if re.search(r"[{}]", _PLACEHOLDER.sub("", self.text)) or not _one_line(self.text):
            raise TemplateError(f"短信模板 {self.key}：正文应为一行，花括号只能用于变量，例如 {{url}}")

    def render(self, variables: Mapping[str, str]) -> str:
        """Return the text with `variables` put in.

        Raises TemplateError when one is missing, empty, unknown or not on one line.
        """
        missing = [name for name in self.variables if not variables.get(name)]
        unknown = [name for name in variables if name not in self.variables]
        if missing or unknown:
            parts = [f"缺少变量 {'、'.join(missing)}"] if missing else []
            parts += [f"多出变量 {'、'.join(unknown)}"] if unknown else []
            raise TemplateError(f"短信模板 {self.key}：{'，'.join(parts)}")
        for name in self.variables:
            if not _one_line(variables[name]):
                raise TemplateError(f"短信模板 {self.key}：变量 {name} 含有换行或控制字符")
        return _PLACEHOLDER.sub(lambda match: variables[match.group(1)], self.text)


def parse_templates(data: Mapping[str, Any]) -> dict[str, Template]:
    """Return the templates of a file: a table `text`, `variables` for each key.

    Raises TemplateError naming the first key that is wrong.
    """
    templates = {}
    for key, entry in data.items():
        if not isinstance(entry, Mapping) or set(entry) != {"text", "variables"}:
            raise TemplateError(f"短信模板 {key}：应有 text 和 variables 两项，不多不少")
        text, variables = entry["text"], entry["variables"]
        if not isinstance(text, str) or not text.strip():
            raise TemplateError(f"短信模板 {key}：text 应为不空的文字")
        if not isinstance(variables, list) or not all(isinstance(name, str) for name in variables):
            raise TemplateError(f"短信模板 {key}：variables 应为变量名的列表")
        templates[key] = Template(key, text, tuple(variables))
    return templates


def count_segments(text: str) -> int:
    """Return how many segments carry `text`: 160 or, when several, 153 places in GSM-7; 70 or 67 in UCS-2.

    One character outside GSM-7 (any Chinese one) makes it UCS-2. A pair of places that is one character is
    never cut.
    """
    if all(character in _GSM_BASIC or character in _GSM_EXTENDED for character in text):
        return _segments([2 if character in _GSM_EXTENDED else 1 for character in text], 160, 153)
    return _segments([len(character.encode("utf-16-le")) // 2 for character in text], 70, 67)


def _segments(widths: list[int], single: int, several: int) -> int:
    if sum(widths) <= single:
        return 1
    count, filled = 1, 0
    for width in widths:
        if filled + width > several:
            count, filled = count + 1, 0
        filled += width
    return count


def _one_line(text: str) -> bool:
    return _CONTROL.search(text) is None
