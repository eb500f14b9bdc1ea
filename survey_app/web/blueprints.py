"""Every group of pages, and which of them are exempt from the session's CSRF token."""

from flask import Flask
from flask_wtf import CSRFProtect

from survey_app.web import health, hooks
from survey_app.web.account import views as account
from survey_app.web.added_phones import views as added_phones
from survey_app.web.admin import views as admin
from survey_app.web.annual import views as annual
from survey_app.web.answers import views as answers
from survey_app.web.approvals import views as approvals
from survey_app.web.attachments import views as attachments
from survey_app.web.back_checks import views as back_checks
from survey_app.web.calling import views as calling
from survey_app.web.cases import views as cases
from survey_app.web.corrections import views as corrections
from survey_app.web.disavowals import views as disavowals
from survey_app.web.documents import views as documents
from survey_app.web.draws import views as draws
from survey_app.web.findings import views as findings
from survey_app.web.frames import views as frames
from survey_app.web.interviewer import views as interviewer
from survey_app.web.invitations import views as invitations
from survey_app.web.items import views as items
from survey_app.web.ledgers import views as ledgers
from survey_app.web.libraries import views as libraries
from survey_app.web.library import views as library
from survey_app.web.marks import views as marks
from survey_app.web.my_rectifications import views as my_rectifications
from survey_app.web.objections import views as objections
from survey_app.web.onsite import views as onsite
from survey_app.web.outbox import views as outbox
from survey_app.web.promises import views as promises
from survey_app.web.quality import views as quality
from survey_app.web.rates import views as rates
from survey_app.web.rectifications import views as rectifications
from survey_app.web.respondent import views as respondent
from survey_app.web.result import views as result
from survey_app.web.rounds import views as rounds
from survey_app.web.samples import views as samples
from survey_app.web.schemes import views as schemes
from survey_app.web.scores import views as scores
from survey_app.web.tablet import views as tablet
from survey_app.web.tablets import views as tablets
from survey_app.web.versions import views as versions


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Register the blueprints on the application."""
    for module in (
        account,
        annual,
        answers,
        approvals,
        documents,
        draws,
        findings,
        frames,
        health,
        hooks,
        interviewer,
        items,
        ledgers,
        libraries,
        library,
        attachments,
        back_checks,
        marks,
        respondent,
        result,
        schemes,
        scores,
        versions,
        corrections,
        objections,
        rectifications,
        my_rectifications,
        cases,
        disavowals,
        added_phones,
        calling,
        invitations,
        onsite,
        outbox,
        promises,
        quality,
        rates,
        rounds,
        samples,
        tablet,
        tablets,
        admin,
    ):
        app.register_blueprint(module.blueprint)
    csrf.exempt(hooks.blueprint)  # the provider has no session; its signature is checked instead
    # An enterprise keeps no cookie: its form carries a stamp that is signed for its case, which is the proof
    # that the form was ours; and whoever could forge the request would need the link, the only credential.
    csrf.exempt(respondent.blueprint)
