"""What tests of the call desk do by HTTP."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from survey_app.domain.disposition import Disposition
from survey_app.models.case import Case


def reread(session: Session, case: Case) -> None:
    """Bring a case up to date without keeping the database for ourselves."""
    session.refresh(case)
    session.commit()


def take(client: FlaskClient) -> str:
    """Take the next case; return the address of its page."""
    answer = client.post("/calls/next")
    assert answer.status_code == 303
    return answer.location


def dial(client: FlaskClient, address: str, phone: int = 0) -> None:
    assert client.post(f"{address}/dial", data={"phone": phone}).location == address


def report(client: FlaskClient, address: str, outcome: Disposition, **more: str) -> TestResponse:
    return client.post(f"{address}/outcome", data={"outcome": outcome.value, **more})
