"""What a browser makes of a page: its links, its forms with what stands in them, and sending one."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Value = str | list[str] | tuple[bytes, str]  # a text, several choices, or a file with its name
_NOTHING: Mapping[str, Value] = {}
# Pages of which a county has thousands, all made alike: a few stand for them.
_MANY, _FEW = ("/frames/entries/",), 5


@dataclass
class Button:
    text: str
    name: str
    value: str
    disabled: bool


@dataclass
class Form:
    """A form: where it goes, the values that stand in it, and what its choices offer."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[str, set[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[Button] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._sink: list[str] | None = None
        self._button: dict[str, str | None] = {}
        self._href = self._select = self._area = ""
        self.rows: list[list[str]] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        form = self._form
        if tag == "form":
            self._form = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and given.get("href"):
            self._href, self._sink = given["href"] or "", []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
            self._in_cell = True
        elif tag == "img" and given.get("src"):
            self.links.append((given.get("alt") or "", given["src"] or ""))
        elif form is None:
            return
        elif tag == "input" and "disabled" not in given:
            self._input(form, name, given.get("type") or "text", given)
        elif tag == "select":
            self._select = name
            form.names.add(name)
            form.offered[name] = set()
        elif tag == "option" and self._select:  # others are in a datalist
            value = given.get("value") or ""
            form.offered[self._select].add(value)
            if "selected" in given or self._select not in form.values:
                form.values[self._select] = [value]
        elif tag == "textarea":
            self._area, self._sink = name, []
            form.names.add(name)
        elif tag == "button":
            self._button, self._sink = given, []

    def _input(self, form: Form, name: str, kind: str, given: dict[str, str | None]) -> None:
        form.names.add(name)
        value = given.get("value") or ""
        if kind in ("radio", "checkbox"):
            form.offered.setdefault(name, set()).add(value)
            if "checked" in given:
                form.values.setdefault(name, []).append(value)
        elif kind != "file":
            form.values.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data
        if self._sink is not None:
            self._sink.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = "".join(self._sink or [])
        if tag == "form":
            self._form = None
        elif tag == "a" and self._href:
            self.links.append((" ".join(text.split()), self._href))
            self._href, self._sink = "", None
        elif tag == "select":
            self._select = ""
        elif tag in ("th", "td"):
            self._in_cell = False
            self.rows[-1][-1] = " ".join(self.rows[-1][-1].split())
        elif tag == "textarea" and self._form is not None:
            self._form.values[self._area] = [text]
            self._sink = None
        elif tag == "button" and self._form is not None:
            kept = self._button
            self._form.buttons.append(
                Button(
                    " ".join(text.split()),
                    kept.get("name") or "",
                    kept.get("value") or "",
                    "disabled" in kept,
                )
            )
            self._sink = None


@dataclass
class Page:
    """A page as it came: its address after redirects, its text, links, forms, and tables' rows, cell by cell."""

    address: str
    answer: TestResponse

    def __post_init__(self) -> None:
        self.status, self.text = self.answer.status_code, ""
        reader = _Reader()
        if self.answer.mimetype == "text/html":
            self.text = self.answer.text
            reader.feed(self.text)
        self.forms, self.rows = reader.forms, reader.rows
        self.links = [(text, urljoin(self.address, href)) for text, href in reader.links]

    def link(self, text: str) -> str:
        """The address of the one link with this text."""
        found = {href for name, href in self.links if name == text}
        assert len(found) == 1, (text, self.links)
        return found.pop()

    def form(self, button: str) -> tuple[Form, Button]:
        """The first form with a button that says this, and the button."""
        for form in self.forms:
            for each in form.buttons:
                if button in each.text:
                    assert not each.disabled, f"{button} is disabled"
                    return form, each
        raise AssertionError((button, [each.text for form in self.forms for each in form.buttons], self.text))


class Browser:
    """A person's browser: opens pages and sends the forms that are in them, and only what they hold."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, address: str, status: int = 200) -> Page:
        return self._page(self.client.get(_local(address), follow_redirects=True), status)

    def send(
        self, page: Page, button: str, fields: Mapping[str, Value] = _NOTHING, status: int = 200
    ) -> Page:
        """Fill in the form that has this button, and press it."""
        form, pressed = page.form(button)
        assert form.method == "post", form
        data: dict[str, object] = dict(form.values)
        if pressed.name:
            data[pressed.name] = pressed.value
        for name, value in fields.items():
            assert name in form.names, f"the form has no field {name}: {sorted(form.names)}"
            if name in form.offered:
                chosen = {value} if isinstance(value, str) else set(value)
                assert chosen <= form.offered[name], (name, chosen, form.offered[name])
            data[name] = (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        target = _local(urljoin(page.address, form.action))
        return self._page(self.client.post(target, data=data, follow_redirects=True), status)

    def _page(self, answer: TestResponse, status: int) -> Page:
        address = answer.request.full_path.rstrip("?")
        assert answer.status_code == status, (address, answer.status_code, answer.text)
        return Page(address, answer)

    def crawl(self, start: str) -> Iterator[Page]:
        """Every page and file that links lead to from here, each once; none may fail."""
        seen, waiting = {start}, [start]
        while waiting:
            page = self.open(waiting.pop())
            yield page
            for _, href in page.links:
                place = urlsplit(href)
                local = href.partition("#")[0]
                if place.scheme not in ("", "http") or place.path.startswith("/static/") or local in seen:
                    continue
                if _is_one_of_many(local) and sum(_is_one_of_many(each) for each in seen) >= _FEW:
                    continue
                seen.add(local)
                waiting.append(local)


def _is_one_of_many(address: str) -> bool:
    return urlsplit(address).path.startswith(_MANY)


def _local(address: str) -> str:
    """An address of this site as path and query."""
    place = urlsplit(address)
    assert place.netloc in ("", "localhost"), address
    return place.path + (f"?{place.query}" if place.query else "")
