"""What whoever asks does next in a round: one thing, by the state that the round is in."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from survey_app.domain.roles import Role
from survey_app.domain.round_state import RoundState
from survey_app.models.round import Round
from survey_app.services.follow_up import FollowUp
from survey_app.services.publishing import why_not_publish
from survey_app.web.rounds.summary import Summary


@dataclass(frozen=True)
class NextStep:
    """Why something is to be done, what the button says, and where it leads."""

    reason: str
    action: str
    address: str


def next_step(
    round_: Round, summary: Summary, has_library: bool, after: FollowUp, account_id: int, role: Role
) -> NextStep:
    """Return a role's next step; `has_library`: some unit's library can be drawn from.

    `after` is what waits once scores were frozen, `account_id` who asks: some of it needs another person.
    """
    if role is Role.OFFICE:
        return _of_the_office(round_, summary, has_library, after, account_id)
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


def _of_the_office(
    round_: Round, summary: Summary, has_library: bool, after: FollowUp, account_id: int
) -> NextStep:
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
        case RoundState.FINALISED | RoundState.PUBLISHED if after.asked:
            address = url_for("corrections.decide", quarter=quarter, correction_id=after.asked.id)
            return NextStep(_("有一条更正申请，须由另一人确认或退回。"), _("看更正申请"), address)
        case RoundState.FINALISED if after.newest and why_not_publish(after.newest, account_id):
            return NextStep(
                _("得分已由您核定，须由另一位营商办人员公布。"),
                _("看得分排名"),
                url_for("scores.index", quarter=quarter),
            )
        case RoundState.FINALISED:
            return NextStep(
                _("得分已经核定，责任单位还看不到。"),
                _("公布结果"),
                url_for("scores.publish", quarter=quarter),
            )
        case RoundState.CORRECTING:
            return NextStep(
                _("更正中：可以改填报内容，改好以后核定新的一版；各单位看到的还是原来的一版。"),
                _("看更正对照"),
                url_for("versions.draft", quarter=quarter),
            )
        case _:
            return _once_published(quarter, after)


def _once_published(quarter: str, after: FollowUp) -> NextStep:
    whole = url_for("versions.index", quarter=quarter)
    if after.unapproved:
        address = url_for("objections.show", quarter=quarter, objection_id=after.unapproved[0].id)
        waiting = _("有 %(n)s 条异议的答复，须由另一人审核。", n=len(after.unapproved))
        return NextStep(waiting, _("审核答复"), address)
    if after.unanswered:
        address = url_for("objections.show", quarter=quarter, objection_id=after.unanswered[0].id)
        return NextStep(_("有 %(n)s 条异议还没有答复。", n=len(after.unanswered)), _("答复异议"), address)
    if after.to_correct:
        return NextStep(
            _("有 %(n)s 条异议成立，得分需要更正。", n=len(after.to_correct)),
            _("申请更正"),
            url_for("corrections.ask", quarter=quarter),
        )
    if after.until:
        return NextStep(
            _("结果已经公布，各单位可以在 %(day)s 以前（含当日）提出异议。", day=after.until),
            _("看版本与异议"),
            whole,
        )
    return NextStep(_("结果已经公布，本轮结束。"), _("看得分排名"), url_for("scores.index", quarter=quarter))


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
