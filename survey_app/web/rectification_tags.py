"""The words and tones by which pages tell where rectification tasks stand."""

from survey_app.domain.rectification import CALL_BACK_NAMES, MOVE_NAMES, STATE_NAMES, TaskState

STATE_TONES = {
    TaskState.ISSUED: "wait",
    TaskState.REPLIED: "quiet",
    TaskState.RETURNED: "bad",
    TaskState.CLOSED: "good",
}


def names() -> dict[str, object]:
    """Return what templates/rectifications/_parts.html is handed."""
    return {
        "state_names": STATE_NAMES,
        "state_tones": STATE_TONES,
        "move_names": MOVE_NAMES,
        "call_back_names": CALL_BACK_NAMES,
    }
