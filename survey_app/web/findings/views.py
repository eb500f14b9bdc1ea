"""样本库核查 for the office: what deserves a look in the libraries, and the entries that it is about."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.library_findings import FINDING_NAMES, FindingKind
from survey_app.domain.paging import Paging
from survey_app.domain.phone_mask import mask_phone
from survey_app.domain.roles import Role
from survey_app.services import library_facts, library_findings, library_pages
from survey_app.services.library_findings import Findings
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.downloads import download
from survey_app.web.parameters import row_id

blueprint = Blueprint("findings", __name__, url_prefix="/frames")
# Kinds that speak against a library, and those that only say that something is missing yet.
_TONES = dict.fromkeys((FindingKind.STAFF_PHONE, FindingKind.SHARED_PHONE), "bad")


@blueprint.get("/findings")
@allow(Role.OFFICE)
def index() -> str:
    """List the findings, the most important first."""
    unit_id, kind = request.args.get("unit", type=row_id), _kind()
    found = _found()
    paging = Paging(request.args.get("page", 1, type=int), len(found.chosen))
    return render_template(
        "findings/index.html",
        found=found,
        rows=found.chosen[paging.offset : paging.offset + paging.size],
        paging=paging,
        kept={"unit": unit_id, "kind": kind},
        unit_options=[("", _("全部单位")), *((str(unit.id), unit.name) for unit in found.units.values())],
        kind_options=[("", _("全部类别")), *((each.value, _(name)) for each, name in FINDING_NAMES.items())],
        kinds=FINDING_NAMES,
        tones=_TONES,
        now=context.now(),
        page_address=lambda number: url_for("findings.index", unit=unit_id, kind=kind, page=number),
    )


@blueprint.get("/findings.xlsx")
@allow(Role.OFFICE)
def workbook() -> Response:
    """Hand out the findings as a workbook."""
    return download(library_findings.workbook(_found(), context.now()), "样本库核查.xlsx")


@blueprint.get("/units/<int:unit_id>")
@allow(Role.OFFICE)
def unit(unit_id: int) -> str:
    """Show a unit's library, all of it or what its last submission left out."""
    only = request.args.get("left_out") == "1"
    page = request.args.get("page", 1, type=int)
    return render_template(
        "findings/unit.html",
        library=library_pages.library_page(context.session(), unit_id, page, only),
        only=only,
        mask=mask_phone,
        phone_texts=library_facts.phone_texts,
        now=context.now(),
        page_address=lambda number: url_for(
            "findings.unit", unit_id=unit_id, page=number, left_out="1" if only else None
        ),
    )


@blueprint.get("/entries/<int:entry_id>")
@allow(Role.OFFICE)
def entry(entry_id: int) -> str:
    """Show an entry, its numbers masked, and what it said before."""
    return _entry_page(entry_id)


@blueprint.post("/entries/<int:entry_id>")
@allow(Role.OFFICE)
def reveal_phones(entry_id: int) -> str:
    """Show an entry with its full numbers, once, after noting who asked."""
    library_pages.entry_detail(context.session(), entry_id)
    library_pages.record_reveal(context.session(), entry_id, context.now(), context.actor().account_id)
    return _entry_page(entry_id, revealed=True)


def _entry_page(entry_id: int, revealed: bool = False) -> str:
    detail = library_pages.entry_detail(context.session(), entry_id)
    owner = detail.entry.unit
    return render_template(
        "findings/entry.html",
        detail=detail,
        revealed=revealed,
        shown=str if revealed else mask_phone,
        crumbs=[
            (_("样本库"), url_for("frames.index")),
            (owner.name, url_for("findings.unit", unit_id=owner.id)),
        ],
    )


def _found() -> Findings:
    unit_id = request.args.get("unit", type=row_id)
    return library_findings.find(context.session(), context.now(), unit_id, _kind())


def _kind() -> FindingKind | None:
    text = request.args.get("kind", "")
    return FindingKind(text) if text in list(FindingKind) else None
