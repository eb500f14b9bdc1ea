"""The demonstration's next quarter: libraries are being handed in, one unit's own first, with a few oddities to find."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.config import COUNTY_ZONE
from survey_app.domain.frame import read_frame
from survey_app.domain.sheet import Row, Sheet
from survey_app.integrations.spreadsheets import write_csv
from survey_app.models.round import Round
from survey_app.models.unit import Unit
from survey_app.services import library_deadlines, submissions
from survey_app.services.demo.county import County, DemoEnterprise
from survey_app.services.frame_uploads import Upload

_LEFT_OUT = 3
_UNIT = "税务局"
HEADINGS = ("企业名称", "统一社会信用代码", "联系人", "联系电话", "办理事项")


def hand_in(
    session: Session,
    county: County,
    round_: Round,
    account_id: int,
    office_id: int,
    staff: str,
    now: datetime,
) -> None:
    """Set the deadline, and let the tax bureau hand in its library.

    Its file leaves some enterprises out, gives one the number `staff` of somebody with an account, two others
    one number, and one another name.
    """
    last_day = (now + timedelta(days=10)).astimezone(COUNTY_ZONE).date()
    due_at = datetime.combine(last_day, time(18), COUNTY_ZONE)
    library_deadlines.set_deadline(session, round_, due_at, now, office_id)
    unit_id = session.scalars(select(Unit.id).where(Unit.name == _UNIT)).one()
    rows = [HEADINGS, *(_line(firm, matter) for firm, matter in county.libraries[_UNIT][_LEFT_OUT:])]
    rows[1] = _with(rows[1], phone=staff)
    rows[3] = _with(rows[3], phone=rows[2][3])
    rows[4] = _with(rows[4], name=rows[4][0].replace("有限", "集团有限"))
    reading = read_frame([Sheet("名单", tuple(Row(n, row) for n, row in enumerate(rows, 1)))], _UNIT)
    upload = Upload("税务局样本库.csv", _UNIT, write_csv(rows))
    submissions.submit(session, unit_id, upload, reading, now, account_id)


def _line(firm: DemoEnterprise, matter: str) -> tuple[str, ...]:
    return (firm.name, firm.credit_code, firm.contact, firm.phone, matter)


def _with(row: Sequence[str], name: str | None = None, phone: str | None = None) -> tuple[str, ...]:
    return (name or row[0], *row[1:3], phone or row[3], row[4])
