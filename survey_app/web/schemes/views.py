"""Schemes as people read them, and trying figures out under one without storing anything."""

from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _

from survey_app.domain.roles import Role
from survey_app.domain.scheme import Scheme
from survey_app.domain.scheme_words import bonus_rules, item_rules, penalty_rules, total_rules
from survey_app.domain.scoring import RoundScore
from survey_app.domain.what_if import TypedField, typed_fields, typed_unit
from survey_app.schemes.loader import load_scheme, scheme_digest, scheme_keys
from survey_app.services import what_if as trial
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.language import say
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import Crumb, round_named

blueprint = Blueprint("schemes", __name__)
READERS = (Role.ADMIN, Role.OFFICE, Role.COMMISSION, Role.SUPERVISOR, Role.UNIT)
STAFF = (Role.OFFICE, Role.COMMISSION)
MOST_UNITS = 8


@blueprint.get("/schemes")
@allow(*READERS)
def index() -> str:
    """List the schemes that are installed."""
    return render_template("schemes/index.html", schemes=[load_scheme(key) for key in scheme_keys()])


@blueprint.get("/schemes/<key>")
@allow(*READERS)
def show(key: str) -> str:
    """Show a scheme: the official sheet with, beside each line, how its points come about."""
    scheme = _scheme(key)
    return render_template(
        "schemes/show.html",
        scheme=scheme,
        digest=scheme_digest(key),
        sections=[
            (section, [(item, item_rules(item)) for item in scheme.items if item.section == section])
            for section in scheme.sections
        ],
        bonus=bonus_rules(scheme.bonus),
        penalty=penalty_rules(scheme.penalty),
        total=total_rules(scheme),
        crumbs=[_all()],
    )


@dataclass(frozen=True)
class Column:
    """One unit of the form as it was typed."""

    number: int
    name: str
    category: str
    typed: dict[str, str]

    def name_of(self, field: str) -> str:
        """What one of the unit's fields is called in the form."""
        return f"u{self.number}-{field}"


@blueprint.route("/schemes/<key>/what-if", methods=["GET", "POST"])
@allow(*READERS)
def what_if(key: str) -> str | tuple[str, int]:
    """Score what was typed, for units alone or in the place of one unit of a round; nothing is stored."""
    scheme = _scheme(key)
    base = _base(scheme)
    fields = typed_fields(scheme)
    columns = _columns(fields, base)
    score: RoundScore | None = None
    faults: list[tuple[str, str]] = []
    if request.form.get("action") == "score":
        given = [typed_unit(scheme, each.name, each.category, each.typed) for each in columns]
        score, wrong = trial.try_out(scheme, given, base.others if base else ())
        names = {each.name: each for each in reversed(columns)}
        faults = [(_field_id(names.get(unit), item, fields), sentence) for unit, item, sentence in wrong]
    page = render_template(
        "schemes/what_if.html",
        scheme=scheme,
        fields=fields,
        columns=columns,
        base=base,
        score=score,
        units=[score.unit(each.name) for each in columns] if score else [],
        faults=faults,
        most=MOST_UNITS,
        crumbs=[_all(), (say(scheme.name), url_for("schemes.show", key=key))],
    )
    return (page, 400) if faults else page


def _columns(fields: list[TypedField], base: trial.Base | None) -> list[Column]:
    if base:
        typed = {field.id: request.form.get(f"u1-{field.id}", "") for field in fields}
        if request.method == "GET":
            typed = base.typed()
        return [Column(1, base.unit.unit, base.unit.category or "", typed)]
    number = request.form.get("units", 1, type=int) + {"add": 1, "remove": -1}.get(
        request.form.get("action", ""), 0
    )
    return [
        Column(
            n,
            request.form.get(f"u{n}-name", "").strip() or _("单位%(n)s", n=n),
            request.form.get(f"u{n}-category", "").strip(),
            {field.id: request.form.get(f"u{n}-{field.id}", "") for field in fields},
        )
        for n in range(1, min(max(number, 1), MOST_UNITS) + 1)
    ]


def _base(scheme: Scheme) -> trial.Base | None:
    quarter = request.values.get("round")
    if not quarter:
        return None
    if context.actor().role not in STAFF:
        abort(403)
    round_ = round_named(quarter)
    unit_id = request.values.get("unit", type=row_id)
    if round_.scheme_key != scheme.key or unit_id is None:
        abort(404)
    return trial.base_of(context.session(), round_, unit_id)


def _field_id(column: Column | None, item: str, fields: list[TypedField]) -> str:
    first = next((field.id for field in fields if field.item == item), None)
    if column is None:
        return "form"
    return column.name_of(first or "name")


def _scheme(key: str) -> Scheme:
    if key not in scheme_keys():
        abort(404)
    return load_scheme(key)


def _all() -> Crumb:
    return _("评分方案"), url_for("schemes.index")
