"""待审核: what one person entered in a round and nobody has decided on yet, which keeps its scores from being final."""

from sqlalchemy.orm import Session

from survey_app.domain.text import Text
from survey_app.models.round import Round
from survey_app.services.answer_reviews import waiting_reviews
from survey_app.services.ledgers import waiting_texts


def undecided(session: Session, round_: Round) -> list[Text]:
    """Return a sentence for each kind of entry that waits for its second person, with how many there are."""
    reviews = len(waiting_reviews(session, round_.id))
    answers = [Text("有 %(n)s 条答卷复核申请还没有审核", {"n": reviews})] if reviews else []
    return answers + waiting_texts(session, round_)
