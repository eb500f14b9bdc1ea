"""The route-by-role table: every page is listed with who may open it, and all others are turned away."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Rule

from survey_app.domain.roles import Role
from survey_app.web.access import allowed_roles
from tests.builders import build_unit

ADMIN, OFFICE, COMMISSION = Role.ADMIN, Role.OFFICE, Role.COMMISSION
INTERVIEWER, SUPERVISOR, UNIT = Role.INTERVIEWER, Role.SUPERVISOR, Role.UNIT
EVERYBODY = set(Role)
PUBLIC: set[Role] = set()  # needs no sign-in

TABLE = {
    "account.home": EVERYBODY,
    "account.language": PUBLIC,
    "account.sign_in": PUBLIC,
    "account.sign_out": EVERYBODY,
    "admin.accounts": {ADMIN},
    "admin.new_password": {ADMIN},
    "admin.set_active": {ADMIN},
    "admin.set_category": {ADMIN},
    "admin.set_phone": {ADMIN},
    "admin.units": {ADMIN},
    "annual.docx": {OFFICE, COMMISSION},
    "annual.pdf": {OFFICE, COMMISSION},
    "annual.show": {OFFICE, COMMISSION},
    "annual.workbook": {OFFICE, COMMISSION},
    "approvals.index": {OFFICE, COMMISSION},
    "approvals.send_back": {OFFICE, COMMISSION},
    "attachments.add_scan": {COMMISSION},
    "attachments.add_to_entry": {OFFICE},
    "attachments.add_to_item": {OFFICE},
    "attachments.download": {OFFICE, COMMISSION},
    "attachments.item": {OFFICE, COMMISSION},
    "attachments.withdraw": {OFFICE, COMMISSION},
    "back_checks.complete": {INTERVIEWER},
    "back_checks.desk": {INTERVIEWER},
    "back_checks.dial": {INTERVIEWER},
    "back_checks.outcome": {INTERVIEWER},
    "back_checks.release": {INTERVIEWER},
    "back_checks.show": {INTERVIEWER},
    "back_checks.take_next": {INTERVIEWER},
    "quality.index": {OFFICE, COMMISSION},
    "quality.interviewer": {OFFICE, COMMISSION},
    "quality.interviews": {OFFICE, COMMISSION},
    "quality.review": {OFFICE, COMMISSION},
    "quality.show": {OFFICE, COMMISSION},
    "answers.ask": {OFFICE, COMMISSION},
    "answers.decide": {OFFICE, COMMISSION},
    "answers.index": {OFFICE, COMMISSION},
    "answers.reviews": {OFFICE, COMMISSION},
    "answers.show": {OFFICE, COMMISSION},
    "added_phones.add": {OFFICE, COMMISSION},
    "added_phones.index": {OFFICE, COMMISSION},
    "board.index": {OFFICE, COMMISSION},
    "board.units": {OFFICE, COMMISSION},
    "calling.index": {OFFICE, ADMIN},
    "calling.remove_day": {OFFICE, ADMIN},
    "calling.set_day": {OFFICE, ADMIN},
    "cases.index": {OFFICE, COMMISSION},
    "cases.labels_file": {OFFICE, COMMISSION},
    "cases.links_file": {OFFICE, COMMISSION},
    "cases.new_link": {OFFICE, COMMISSION},
    "cases.qr_png_file": {OFFICE, COMMISSION},
    "cases.qr_svg_file": {OFFICE, COMMISSION},
    "cases.reveal_phones": {OFFICE, COMMISSION},
    "cases.show": {OFFICE, COMMISSION},
    "corrections.ask": {OFFICE},
    "corrections.decide": {OFFICE},
    "corrections.give_up": {OFFICE},
    "disavowals.index": {OFFICE, COMMISSION},
    "disavowals.note_call": {OFFICE, COMMISSION},
    "disavowals.step": {OFFICE, COMMISSION},
    "draws.index": PUBLIC,
    "draws.show": PUBLIC,
    "documents.notice_docx": {OFFICE, COMMISSION},
    "documents.notice_pdf": {OFFICE, COMMISSION},
    "documents.notice_xlsx": {OFFICE, COMMISSION},
    "documents.report": {OFFICE, COMMISSION},
    "documents.report_chart": {OFFICE, COMMISSION},
    "documents.report_pdf": {OFFICE, COMMISSION},
    "documents.report_xlsx": {OFFICE, COMMISSION},
    "documents.sheet_docx": {OFFICE, COMMISSION},
    "documents.sheet_pdf": {OFFICE, COMMISSION},
    "documents.sheets_pdf": {OFFICE, COMMISSION},
    "findings.entry": {OFFICE},
    "findings.index": {OFFICE},
    "findings.reveal_phones": {OFFICE},
    "findings.unit": {OFFICE},
    "findings.workbook": {OFFICE},
    "frames.cancel": {OFFICE},
    "frames.commit": {OFFICE},
    "frames.import_file": {OFFICE},
    "frames.index": {OFFICE},
    "health.healthz": PUBLIC,
    "bridge_calls.call": {INTERVIEWER},
    "bridge_calls.state": {INTERVIEWER},
    "hooks.sms_status": PUBLIC,
    "voice_hooks.report": PUBLIC,
    "interviewer.call": {INTERVIEWER},
    "interviewer.complete": {INTERVIEWER},
    "interviewer.desk": {INTERVIEWER},
    "interviewer.dial": {INTERVIEWER},
    "interviewer.keep": {INTERVIEWER},
    "interviewer.outcome": {INTERVIEWER},
    "interviewer.release": {INTERVIEWER},
    "interviewer.state": {INTERVIEWER},
    "interviewer.take_next": {INTERVIEWER},
    "invitations.index": {OFFICE, COMMISSION},
    "invitations.reminders": {OFFICE, COMMISSION},
    "items.grid": {OFFICE},
    "items.history": {OFFICE, COMMISSION},
    "items.index": {OFFICE, COMMISSION},
    "items.save_cells": {OFFICE, COMMISSION},
    "items.totals": {OFFICE, COMMISSION},
    "items.unit": {OFFICE},
    "marks.conflicts": {OFFICE},
    "marks.declare": {SUPERVISOR},
    "ledgers.approve_selected": {OFFICE},
    "ledgers.decide": {OFFICE},
    "ledgers.decide_withdrawal": {OFFICE},
    "ledgers.index": {OFFICE, COMMISSION},
    "ledgers.new": {OFFICE},
    "ledgers.paste": {OFFICE},
    "ledgers.show": {OFFICE, COMMISSION},
    "ledgers.withdraw": {OFFICE},
    "libraries.deadline": {OFFICE},
    "libraries.extension": {OFFICE},
    "libraries.file": {OFFICE},
    "libraries.index": {OFFICE},
    "library.cancel": {UNIT},
    "library.check": {UNIT},
    "library.index": {UNIT},
    "library.own_file": {UNIT},
    "library.receipt": {UNIT},
    "library.send": {UNIT},
    "library.submit": {UNIT},
    "marks.index": {SUPERVISOR},
    "marks.round_marks": {SUPERVISOR},
    "marks.withdraw_conflict": {OFFICE},
    "my_rectifications.index": {UNIT},
    "my_rectifications.reply": {UNIT},
    "my_rectifications.show": {UNIT},
    "objections.answer": {OFFICE},
    "objections.decide": {OFFICE},
    "objections.show": {OFFICE, COMMISSION},
    "onsite.enter": {OFFICE, COMMISSION},
    "onsite.find": {OFFICE, COMMISSION},
    "onsite.form_file": {OFFICE, COMMISSION},
    "onsite.forms_file": {OFFICE, COMMISSION},
    "onsite.index": {OFFICE, COMMISSION},
    "onsite.show": {OFFICE, COMMISSION},
    "outbox.allow_again": {OFFICE, COMMISSION},
    "outbox.index": {OFFICE, COMMISSION},
    "outbox.refusals": {OFFICE, COMMISSION},
    "promises.index": {OFFICE, COMMISSION},
    "promises.save": {OFFICE},
    "promises.unit": {OFFICE, COMMISSION},
    "rates.index": {OFFICE, COMMISSION},
    "rates.unit": {OFFICE, COMMISSION},
    "rates.workbook": {OFFICE, COMMISSION},
    "rectifications.decide": {OFFICE},
    "rectifications.index": {OFFICE, COMMISSION},
    "rectifications.issue": {OFFICE},
    "rectifications.show": {OFFICE, COMMISSION},
    "rectifications.workbook": {OFFICE, COMMISSION},
    "respondent.ask_receipt": PUBLIC,
    "respondent.disavowal_sent": PUBLIC,
    "respondent.disown": PUBLIC,
    "respondent.enter_code": PUBLIC,
    "respondent.look_up_receipt": PUBLIC,
    "respondent.notice": PUBLIC,
    "respondent.notices": PUBLIC,
    "respondent.open_by_code": PUBLIC,
    "respondent.receipt_list_file": PUBLIC,
    "respondent.receipt_lists": PUBLIC,
    "respondent.send": PUBLIC,
    "respondent.send_disavowal": PUBLIC,
    "respondent.show": PUBLIC,
    "result.index": {UNIT},
    "result.objections": {UNIT},
    "result.quarter": {UNIT},
    "result.report": {UNIT},
    "result.report_chart": {UNIT},
    "result.report_pdf": {UNIT},
    "result.report_xlsx": {UNIT},
    "result.sheet_docx": {UNIT},
    "result.sheet_file": {UNIT},
    "result.sheet_pdf": {UNIT},
    "rounds.close": {OFFICE},
    "rounds.closing": {OFFICE},
    "rounds.create": {OFFICE},
    "rounds.index": {OFFICE, COMMISSION},
    "rounds.open": {OFFICE},
    "rounds.show": {OFFICE, COMMISSION},
    "samples.call_in": {OFFICE, COMMISSION},
    "samples.announce": {OFFICE, COMMISSION},
    "samples.confirm": {OFFICE, COMMISSION},
    "samples.draw": {OFFICE, COMMISSION},
    "samples.file": {OFFICE, COMMISSION},
    "samples.index": {OFFICE, COMMISSION},
    "samples.replace": {OFFICE, COMMISSION},
    "samples.unit": {OFFICE, COMMISSION},
    "schemes.index": {ADMIN, OFFICE, COMMISSION, SUPERVISOR, UNIT},
    "schemes.show": {ADMIN, OFFICE, COMMISSION, SUPERVISOR, UNIT},
    "schemes.what_if": {ADMIN, OFFICE, COMMISSION, SUPERVISOR, UNIT},
    "scores.bundle_file": {OFFICE, COMMISSION},
    "scores.dossier": {OFFICE, COMMISSION},
    "scores.finalise": {OFFICE},
    "scores.index": {OFFICE, COMMISSION},
    "scores.publish": {OFFICE},
    "scores.ranking_file": {OFFICE, COMMISSION},
    "scores.sheet": {OFFICE, COMMISSION},
    "scores.sheet_file": {OFFICE, COMMISSION},
    "tablet.find": PUBLIC,
    "tablet.form": PUBLIC,
    "tablet.send": PUBLIC,
    "tablet.start": PUBLIC,
    "tablets.end": {OFFICE, COMMISSION},
    "tablets.index": {OFFICE, COMMISSION},
    "tablets.start": {OFFICE, COMMISSION},
    "versions.draft": {OFFICE, COMMISSION},
    "versions.index": {OFFICE, COMMISSION},
    "versions.show": {OFFICE, COMMISSION},
}
# Unsafe routes whose proof is not the session's CSRF token: the provider's signature, the form's own stamp.
OTHER_PROOF = {
    "hooks.sms_status",
    "voice_hooks.report",
    "respondent.look_up_receipt",
    "respondent.open_by_code",
    "respondent.send",
    "respondent.send_disavowal",
}
SAMPLE_VALUES = {
    "key": "fangcheng-2022",
    "quarter": "2022-Q1",
    "item_id": "revisits",
    "instrument": "satisfaction",
    "chart": "total",
    "year": "2022",
    "public_id": "00000000-0000-0000-0000-000000000000",
    "part": "interviewer",
    "call_id": "00000000-0000-0000-0000-000000000000",
    "tail": "00000000-0000-0000-0000-000000000000",
    "token": "A" * 22,
    "filename": "site.css",
    "scheme_key": "fangcheng-2022",
    "instrument_key": "satisfaction",
    "notice_version": "2022-1",
}


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def _calls(app: Flask) -> list[tuple[str, str, str]]:
    """Every endpoint with each of its methods and an address that fits."""
    adapter = app.url_map.bind("localhost")
    return [
        (rule.endpoint, method, adapter.build(rule.endpoint, {n: _value(rule, n) for n in rule.arguments}))
        for rule in _rules(app)
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def _value(rule: Rule, name: str) -> object:
    if isinstance(rule._converters[name], IntegerConverter):
        return int(SAMPLE_VALUES.get(name, "1"))
    return SAMPLE_VALUES[name]


def test_table_lists_every_endpoint_with_its_roles(app: Flask) -> None:
    assert {rule.endpoint: set(allowed_roles(app, rule.endpoint) or ()) for rule in _rules(app)} == TABLE
    assert all(allowed_roles(app, rule.endpoint) is not None for rule in _rules(app))


def test_nobody_gets_in_without_signing_in(app: Flask, client: FlaskClient) -> None:
    for endpoint, method, path in _calls(app):
        if TABLE[endpoint] == PUBLIC:
            continue
        answer = client.open(path, method=method)
        assert answer.status_code == 302, (endpoint, method, answer.status_code)
        assert answer.headers["Location"].startswith("/sign-in"), endpoint


@pytest.mark.parametrize("role", list(Role))
def test_other_roles_are_turned_away(
    app: Flask, session: Session, sign_in: Callable[..., FlaskClient], role: Role
) -> None:
    build_unit(session, "税务局")
    session.commit()
    browser = sign_in(role, unit="税务局" if role is Role.UNIT else None)
    for endpoint, method, path in _calls(app):
        if endpoint == "account.sign_out":
            continue
        status = browser.open(path, method=method).status_code
        if TABLE[endpoint] and role not in TABLE[endpoint]:
            assert status == 403, (endpoint, method, status)
        else:
            assert status not in (403, 500), (endpoint, method, status)


def test_every_unsafe_route_refuses_a_request_without_proof(
    app: Flask, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    """With the session's protection on, no form gets through without its token, whoever is signed in."""
    build_unit(session, "税务局")
    session.commit()
    browsers = {role: sign_in(role, unit="税务局" if role is Role.UNIT else None) for role in Role}
    app.config["WTF_CSRF_ENABLED"] = True
    for endpoint, method, path in _calls(app):
        if method == "GET" or endpoint in OTHER_PROOF:
            continue
        for role in TABLE[endpoint] or {Role.OFFICE}:
            answer = browsers[role].post(path)
            assert answer.status_code == 400, (endpoint, role, answer.status_code)
            assert "页面已过期" in answer.text, endpoint


def test_every_page_carries_the_headers(app: Flask, client: FlaskClient) -> None:
    for endpoint, method, path in _calls(app):
        headers = client.open(path, method=method).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, endpoint
        assert "unsafe" not in policy, endpoint
        assert "frame-ancestors 'none'" in policy, endpoint
        assert headers["X-Content-Type-Options"] == "nosniff", endpoint
        assert headers["Cache-Control"] == "no-store", endpoint
