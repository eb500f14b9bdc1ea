"""What an address or a form can ask a database for: ids that a row can have, and text without NUL."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Request, abort, request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict
from werkzeug.datastructures.structures import iter_multi_items
from werkzeug.routing import IntegerConverter, Map

# What a column of integers holds on PostgreSQL; beyond it no row can be, and asking would be an error.
LARGEST_ID = 2**31 - 1
NUL = "\0"


def row_id(text: str) -> int:
    """Return the id that a parameter names (for `type=`); raise ValueError for what no row can have."""
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError("no row has this id")
    return number


class RowIdConverter(IntegerConverter):
    """An id in an address; one that no row can have is an address that doesn't exist."""

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, max=LARGEST_ID)


class Parameters(ImmutableMultiDict[str, Any]):
    """The fields of a form or a query, without NUL: no keyboard types it, and PostgreSQL refuses it."""

    def __init__(self, mapping: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__([(_plain(key), _plain(value)) for key, value in iter_multi_items(mapping or ())])


class PlainRequest(Request):
    """A request whose parameters can be stored."""

    parameter_storage_class = Parameters


def install(app: Flask) -> None:
    """Read requests so, and answer an address with a NUL in it as one that doesn't exist."""
    app.request_class = PlainRequest
    app.url_map.converters["int"] = RowIdConverter
    app.url_map.merge_slashes = False  # it would redirect to the Host that the request names

    @app.before_request
    def refuse_nul() -> None:
        if NUL in request.path:
            abort(404)


def _plain(value: Any) -> Any:
    if isinstance(value, FileStorage):
        value.filename = value.filename and value.filename.replace(NUL, "")
        return value
    return value.replace(NUL, "") if isinstance(value, str) else value
