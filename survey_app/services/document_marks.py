"""What every document of a round carries: of which result and moment it is, and until when it isn't official."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.models.round import Round
from survey_app.services.scores import RoundResult
from survey_app.services.versions import version_before

_GAP = re.compile(r"(?<=[\u4e00-\u9fff（）“”]) (?=[0-9A-Za-z+−])|(?<=[0-9A-Za-z%]) (?=[\u4e00-\u9fff（）“”])")
BLANK_DAY = "　　　　年　　月　　日"


def stamp(result: RoundResult) -> str:
    """Return the line at the foot: the result's version and the digest by which anybody can check it."""
    edition = f"第 {result.version.version} 版" if result.version else "试算"
    return f"{edition}　校验码（SHA-256）{result.digest}"


def correction_text(session: Session, round_: Round, result: RoundResult) -> str | None:
    """Return what a corrected version says of itself: which version it takes the place of, and why; else None."""
    version = result.version
    if version is None or not version.reason:
        return None
    before = version_before(session, round_, version.version, published=True)
    place = f"代替第 {before.version} 版" if before else "以前各版没有公布"
    return (
        f"更正说明：本件依据第 {version.version} 版得分，{place}。更正原因：{version.reason.rstrip('。')}。"
    )


def day_text(moment: datetime | None) -> str:
    """Return a moment's day in the county as a letter writes it, or the blanks to fill it in."""
    if moment is None:
        return BLANK_DAY
    day = moment.astimezone(COUNTY_ZONE)
    return f"{day.year}年{day.month}月{day.day}日"


def moment_text(moment: datetime) -> str:
    """Return a moment as a document writes it, in county time."""
    return f"{day_text(moment)} {moment.astimezone(COUNTY_ZONE):%H:%M}"


def typeset(sentence: object) -> str:
    """Return a sentence as Chinese is set on paper: without the blanks that pages have around numbers."""
    return _GAP.sub("", str(sentence))
