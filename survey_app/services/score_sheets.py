"""What heads a score sheet: its title, and the mark of one that isn't official."""

from survey_app.domain.quarter import parse_quarter
from survey_app.domain.round_state import RoundState
from survey_app.domain.text import Text
from survey_app.models.round import Round
from survey_app.services.scores import RoundResult


def sheet_title(round_: Round) -> Text:
    """Return the sheet's title, as an official document has it."""
    return Text("%(quarter)s政务服务效能监测评分表", {"quarter": parse_quarter(round_.quarter).title})


def draft_mark(round_: Round, result: RoundResult) -> Text | None:
    """Return what marks a sheet as not official: 试算 or 更正中 until finalised, 未公布 until published, 已更正 then."""
    if result.version is None:
        correcting = round_.state is RoundState.CORRECTING
        return Text("更正中（未核定）") if correcting else Text("试算（未核定）")
    if result.superseded_by is not None:
        return Text("已由第 %(n)s 版更正", {"n": result.superseded_by})
    return Text("已核定（未公布）") if result.version.published_at is None else None
