"""Announcing and drawing as an office does it in its browser."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

USUAL = {"size": "5", "seed": "2022-Q2 公开种子", "rest_quarters": "1", "units_cap": "5"}


def draw_by_form(client: FlaskClient, base: str, **changes: str) -> TestResponse:
    """Confirm an announcement for the round at `base` and draw it; returns the answer to the draw."""
    made = client.post(f"{base}/samples/announcement", data={**USUAL, **changes, "confirmed": "1"})
    assert made.status_code == 303, made.text
    number = re.search(r'name="number" value="(\d+)"', client.get(f"{base}/samples/draw").text)
    assert number is not None
    return client.post(f"{base}/samples/draw", data={"number": number[1]})
