"""Sentences for people that are written in Chinese and can be shown in another language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from survey_app.domain.points import plain


@dataclass(frozen=True)
class Name:
    """A name that a scheme's file gives in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh

    def in_language(self, language: str) -> str:
        """Return the name for a locale such as "zh_Hans_CN" or "en"."""
        return self.en if language.lower().startswith("en") else self.zh


Param = object  # str, int, Decimal, Name, Text, or a tuple of them, which is joined


def N_(name: str) -> str:  # noqa: N802 - the keyword that extractors know
    """Return the name; mark it for the extractor, where a table's Chinese names are translated when shown."""
    return name


def _same(template: str) -> str:
    return template


@dataclass(frozen=True)
class Text:
    """A sentence: a Chinese template with %(name)s places, and what stands in them.

    `str(text)` is the Chinese sentence. The template is a literal at the call, so that an extractor
    finds it (keyword `Text`). A literal per cent sign is written %%.
    """

    template: str
    params: Mapping[str, Param] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.render()

    def render(self, translate: Callable[[str], str] = _same, language: str = "zh") -> str:
        """Translate the template and every text within, then fill the places.

        `language` picks the side of the names that come from a scheme's file.
        """
        return translate(self.template) % {
            key: _render(value, translate, language) for key, value in self.params.items()
        }


def _render(value: Param, translate: Callable[[str], str], language: str) -> str:
    match value:
        case Text():
            return value.render(translate, language)
        case Name():
            return value.in_language(language)
        case tuple():
            return "".join(_render(part, translate, language) for part in value)
        case Decimal():
            return plain(value)
        case _:
            return str(value)


def joined(parts: tuple[Param, ...]) -> tuple[Param, ...]:
    """Return the parts with the mark of an enumeration between them, as a parameter of a Text."""
    comma = Text("、")
    return tuple(piece for part in parts for piece in (comma, part))[1:]
