"""What whoever asks does next in a round: one thing, by the state that the round is in."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.round import Round
from survey_app.web.rounds.summary import Summary


@dataclass(frozen=True)
class NextStep:
    """Why something is to be done, what the button says, and where it leads."""

    reason: str
    action: str
    address: str


def next_step(round_: Round, summary: Summary, has_library: bool, role: Role) -> NextStep:
    """Return a role's next step; `has_library`: some unit's library can be drawn from."""
    if role is Role.OFFICE:
        return _of_the_office(round_, summary, has_library)
    return _of_the_commission(round_, summary, has_library)


def _of_the_commission(round_: Round, summary: Summary, has_library: bool) -> NextStep:
    """Asking is one of its two ways; the other, totals handed in, is always open to it."""
    quarter, own = round_.quarter, summary.own
    may_draw = own.instrument and round_.state in (RoundState.PREPARING, RoundState.OPEN)
    if may_draw and has_library and not own.samples and not summary.overdue:
        return NextStep(
            _("还没有抽样。可以抽样后用链接、短信和电话收集评价，也可以只交汇总票数。"),
            _("抽样"),
            url_for("samples.index", quarter=quarter),
        )
    if round_.state is RoundState.OPEN and own.overview.waiting and not summary.overdue:
        return _ask_on(quarter, summary)
    return NextStep(
        _("交了汇总票数的单位以票数计分，没有交的按收到的答卷计分。"),
        _("看群众评票数"),
        url_for("items.totals", quarter=quarter),
    )


def _of_the_office(round_: Round, summary: Summary, has_library: bool) -> NextStep:
    quarter, figures = round_.quarter, summary.own.overview
    match round_.state:
        case RoundState.PREPARING if not has_library:
            return NextStep(
                _("还没有样本库，抽不了样。请先导入各责任单位报送的样本库。"),
                _("导入样本库"),
                url_for("frames.index"),
            )
        case RoundState.PREPARING if not summary.own.samples:
            return NextStep(
                _("样本库已经导入，还没有抽样。"), _("抽样"), url_for("samples.index", quarter=quarter)
            )
        case RoundState.PREPARING:
            return NextStep(
                _("已抽中 %(n)s 户企业。开始回访以后，企业才能回答。", n=figures.cases),
                _("开始回访"),
                url_for("rounds.open", quarter=quarter),
            )
        case RoundState.OPEN:
            return _while_open(quarter, summary)
        case RoundState.CLOSED:
            return NextStep(
                _("回访已经截止。评分项、群众评和加减分都填报以后，就可以核定得分。"),
                _("看得分和待填的项"),
                url_for("scores.index", quarter=quarter),
            )
        case RoundState.FINALISED:
            return NextStep(
                _("得分已经核定，责任单位还看不到。"),
                _("公布结果"),
                url_for("scores.publish", quarter=quarter),
            )
        case _:
            return NextStep(
                _("结果已经公布，本轮结束。"), _("看得分排名"), url_for("scores.index", quarter=quarter)
            )


def _while_open(quarter: str, summary: Summary) -> NextStep:
    if summary.overdue:
        return NextStep(
            _("公布的截止时间已经过去，不再接收新的回答。"),
            _("截止回访"),
            url_for("rounds.close", quarter=quarter),
        )
    if not summary.own.overview.waiting:
        return NextStep(
            _("抽中的企业都有了结果，没有要等的。"), _("截止回访"), url_for("rounds.close", quarter=quarter)
        )
    return _ask_on(quarter, summary)


def _ask_on(quarter: str, summary: Summary) -> NextStep:
    figures, to_replace = summary.own.overview, sum(drawn.fillable for drawn in summary.own.samples)
    if to_replace:
        return NextStep(
            _("有 %(n)s 户未办理业务、空号错号或已注销，可以由备选替换。", n=to_replace),
            _("启用备选"),
            url_for("samples.index", quarter=quarter),
        )
    if not figures.invited:
        return NextStep(
            _("%(n)s 户企业还没有收到邀请。", n=figures.waiting),
            _("发送邀请"),
            url_for("invitations.index", quarter=quarter),
        )
    return NextStep(
        _("还有 %(n)s 户没有回答：可以催答，也可以由回访员打电话。", n=figures.waiting),
        _("看没有回答的企业"),
        url_for("cases.index", quarter=quarter, state="waiting"),
    )
