"""Quality of a survey's telephone interviews: the interviewers side by side, and the interviews behind each figure."""

from datetime import timedelta
from decimal import Decimal

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.domain.agreement import ASKED_NAMES, Asked, Compared
from survey_app.domain.back_check import CALLED_NAMES, REASON_NAMES, STATE_NAMES, BackCheckState, Called
from survey_app.domain.disposition import RULES
from survey_app.domain.instrument import DEALT, RATING
from survey_app.domain.interview_flags import FLAG_NAMES, Flag
from survey_app.domain.interview_review import DECISION_NAMES, InterviewDecision
from survey_app.domain.points import plain, round_half_up
from survey_app.domain.remarks import remarks_in
from survey_app.models.interview_check import InterviewFlag
from survey_app.models.round import Round
from survey_app.schemes.instruments import load_instrument
from survey_app.services import interview_lists, interview_quality, round_locks
from survey_app.services.back_check_results import check_results
from survey_app.services.errors import ConflictError, ServiceError
from survey_app.services.interview_lists import SHOWN_NAMES, Shown
from survey_app.services.interview_reviews import interview_of, review_interview
from survey_app.web import context
from survey_app.web.access import allow
from survey_app.web.language import say
from survey_app.web.parameters import row_id
from survey_app.web.round_pages import ASKERS, Crumb, crumbs, own_survey, own_title, round_named, tabs

blueprint = Blueprint("quality", __name__, url_prefix="/rounds/<quarter>/quality")
STATE_TONES = {
    BackCheckState.WAITING: "wait",
    BackCheckState.DONE: "good",
    BackCheckState.UNREACHABLE: "bad",
    BackCheckState.REFUSED: "quiet",
}
FLAG_TONES = {Flag.TOO_SHORT: "bad", Flag.SAME_REMARK: "bad", Flag.BURST: "wait"}


@blueprint.get("")
@allow(*ASKERS)
def index(quarter: str) -> str:
    """Show all interviewers of a survey side by side, and the agreement of its call-backs."""
    round_ = round_named(quarter)
    return render_template(
        "quality/index.html",
        round=round_,
        survey=own_title(round_),
        found=interview_quality.survey_quality(context.session(), round_, own_survey(round_)),
        crumbs=crumbs(round_),
        tabs=tabs(round_),
        **_words(round_),
    )


@blueprint.get("/interviewers/<int:account_id>")
@allow(*ASKERS)
def interviewer(quarter: str, account_id: int) -> str:
    """Show one interviewer's work, with what each figure is made of."""
    round_ = round_named(quarter)
    instrument = own_survey(round_)
    found = interview_quality.survey_quality(context.session(), round_, instrument)
    shown = next((each for each in found.interviewers if each.account_id == account_id), None)
    if shown is None:
        abort(404)
    return render_template(
        "quality/interviewer.html",
        round=round_,
        survey=own_title(round_),
        one=shown,
        found=found,
        differing=[each for each in found.disagreeing if each.interviewer_id == account_id],
        days=interview_lists.work_days(context.session(), round_, instrument, account_id),
        outcomes=RULES,
        crumbs=crumbs(round_, _back(quarter)),
        **_words(round_),
    )


@blueprint.get("/interviews")
@allow(*ASKERS)
def interviews(quarter: str) -> str:
    """Show the interviews behind a figure."""
    round_ = round_named(quarter)
    what = request.args.get("what", "")
    shown = Shown(what) if what in list(Shown) else Shown.ALL
    who = request.args.get("interviewer", type=row_id)
    rows, paging = interview_lists.listed_interviews(
        context.session(), round_, own_survey(round_), shown, who, request.args.get("page", 1, type=int)
    )
    answers = interview_lists.answers_of(context.session(), [each.profile.response_id for each in rows])
    return render_template(
        "quality/interviews.html",
        round=round_,
        survey=own_title(round_),
        rows=rows,
        paging=paging,
        answers=answers,
        shown=shown,
        options=[(each.value, _(name)) for each, name in SHOWN_NAMES.items()],
        who=who,
        page_address=lambda page: url_for(
            "quality.interviews", quarter=quarter, what=shown.value, interviewer=who, page=page
        ),
        crumbs=crumbs(round_, _back(quarter)),
        **_words(round_),
    )


@blueprint.get("/interviews/<int:response_id>")
@allow(*ASKERS)
def show(quarter: str, response_id: int) -> str:
    """Show one interview: its measures, flags, call-backs and what was decided."""
    return _show(round_named(quarter), response_id)


@blueprint.post("/interviews/<int:response_id>")
@allow(*ASKERS)
def review(quarter: str, response_id: int) -> Response | tuple[str, int]:
    """Record what is to become of an interview."""
    round_ = round_named(quarter)
    code = request.form.get("decision", "")
    try:
        if code not in list(InterviewDecision):
            raise ServiceError(_("请选择怎样处理"), "decision")
        review_interview(
            context.session(),
            round_,
            own_survey(round_),
            response_id,
            InterviewDecision(code),
            request.form.get("note", ""),
            context.actor().account_id,
            context.now(),
        )
    except ServiceError as error:
        if error.field is None and not isinstance(error, ConflictError):
            raise
        context.session().rollback()
        return _show(round_, response_id, error), 409 if isinstance(error, ConflictError) else 400
    flash(_done(InterviewDecision(code)), "success")
    return redirect(url_for("quality.show", quarter=quarter, response_id=response_id), 303)


def _show(round_: Round, response_id: int, error: ServiceError | None = None) -> str:
    session, instrument = context.session(), own_survey(round_)
    response = interview_of(session, round_, instrument, response_id)
    flags = interview_lists.flags_of(session, [response_id]).get(response_id, ())
    others = [each.other_response_id for each in flags if each.other_response_id]
    answers = interview_lists.answers_of(session, [response_id, *others])
    questionnaire = load_instrument(round_.scheme_key, instrument)
    return render_template(
        "quality/interview.html",
        round=round_,
        survey=own_title(round_),
        response=response,
        profile=interview_lists.profile_of(session, response_id),
        interviewer=interview_lists.name_of(session, response.interviewer_id),
        flags=flags,
        answers=answers.get(response_id, ()),
        remarks={
            each: [
                text
                for answer in of_one
                if answer.version == 1
                for text in remarks_in(questionnaire, answer.details)
            ]
            for each, of_one in answers.items()
        },
        checks=check_results(session, round_, instrument, response_id),
        reviews=interview_lists.reviews_of(session, [response_id]).get(response_id, ()),
        frozen=round_locks.is_frozen(round_),
        decisions=list(InterviewDecision),
        error=error,
        typed=request.form,
        crumbs=crumbs(
            round_,
            _back(round_.quarter),
            (_("电话访问"), url_for("quality.interviews", quarter=round_.quarter)),
        ),
        **_words(round_),
    )


def _done(decision: InterviewDecision) -> str:
    match decision:
        case InterviewDecision.FINE:
            return str(_("已记录：没有问题。"))
        case InterviewDecision.RETURNED:
            return str(_("已退回：由另一人重新联系，答卷照常计入。"))
        case _:
            return str(_("已申请作废，由另一人在“答卷复核”复核后才生效。"))


def _back(quarter: str) -> Crumb:
    return (_("质量复核"), url_for("quality.index", quarter=quarter))


def _words(round_: Round) -> dict[str, object]:
    """What the pages share: names, and how numbers are written."""
    instrument = load_instrument(round_.scheme_key, own_survey(round_))

    def said(compared: Compared, value: str) -> str:
        if compared.asked is Asked.CALLED:
            return str(_(CALLED_NAMES[Called(value)]))
        option = instrument.question(DEALT if compared.asked is Asked.DEALT else RATING).option(value)
        return say(option.text) if option else value

    return {
        "asked_names": ASKED_NAMES,
        "asked": Asked,
        "reason_names": REASON_NAMES,
        "state_names": STATE_NAMES,
        "states": BackCheckState,
        "state_tones": STATE_TONES,
        "flag": Flag,
        "flag_names": FLAG_NAMES,
        "flag_tones": FLAG_TONES,
        "behind": _behind,
        "decision_names": DECISION_NAMES,
        "rating_of": {option.value: option.text for option in instrument.question(RATING).options},
        "dealt_of": {option.value: option.text for option in instrument.question(DEALT).options},
        "said": said,
        "percent": _percent,
        "length": _length,
        "hours": _hours,
        "as_of": context.now(),
    }


def _behind(flag: InterviewFlag) -> str:
    """The number behind a flag, beside its threshold."""
    match flag.flag:
        case Flag.TOO_SHORT:
            used, least = _length(flag.number), _length(flag.threshold)
            return str(_("用时 %(n)s，念完至少 %(least)s", n=used, least=least))
        case Flag.SAME_REMARK:
            return str(_("相似 %(n)s%%，达到 %(least)s%% 提示", n=flag.number, least=flag.threshold))
        case _:
            return str(_("连着完成 %(n)s 份，达到 %(least)s 份提示", n=flag.number, least=flag.threshold))


def _percent(value: Decimal | None) -> str:
    return "—" if value is None else f"{plain(round_half_up(value * 100, 1))}%"


def _length(seconds: int | Decimal) -> str:
    """Minutes and seconds: 2:05."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def _hours(time: timedelta) -> str:
    """Hours and minutes: 6:30."""
    minutes = int(time.total_seconds()) // 60
    return f"{minutes // 60}:{minutes % 60:02}"
