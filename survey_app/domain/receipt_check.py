"""Whether a dossier's lists of receipts hold together: their digests and numbers, and what answers allow."""

from collections import Counter
from collections.abc import Iterator

from survey_app.domain.difference import Difference, shown
from survey_app.domain.dossier_facts import AnswerState, DossierFacts, ReceiptsFact
from survey_app.domain.dossier_reader import section_name
from survey_app.domain.instrument_owner import surveys_of
from survey_app.domain.receipt import list_digest
from survey_app.domain.scheme_parser import parse_scheme_text


def receipt_faults(facts: DossierFacts) -> Iterator[Difference]:
    """Yield what is wrong with the lists: a survey without one or with two, a digest or a number that doesn't fit.

    Which answer is whose is told nowhere. But a response has one answer about a unit at most, and at least one
    answer: so there are as many codes as answers about the unit that has most, or more, and no more codes than
    answers. A list that an earlier version made is not compared with this one's answers.
    """
    section = section_name("receipts")
    if facts.version is None:
        if facts.receipts:
            yield Difference((section,), "试算的卷宗不应有回执号名单：核定时才封存")
        return
    listed = Counter(each.instrument for each in facts.receipts)
    scheme, _ = parse_scheme_text(facts.scheme_text)
    asked = [instrument for instrument, _owner in surveys_of(scheme)] if scheme else list(listed)
    for instrument in dict.fromkeys((*asked, *listed)):
        if instrument not in asked:
            yield Difference((section, instrument), "评分方案中没有由这份问卷计票的评分项")
        elif listed[instrument] != 1:
            wrong = "缺少" if not listed[instrument] else "写了不止一条，应只有一条"
            yield Difference((section, instrument), wrong)
    for each in facts.receipts:
        yield from _faults_of(facts, each, facts.version)


def _faults_of(facts: DossierFacts, listed: ReceiptsFact, version: int) -> Iterator[Difference]:
    where = (section_name("receipts"), listed.instrument)
    if listed.number != len(listed.codes):
        yield Difference(
            (*where, "number"), f"文件中是{shown(listed.number)}，名单上有 {len(listed.codes)} 个"
        )
    digest = list_digest(listed.codes)
    if listed.digest != digest:
        yield Difference((*where, "digest"), f"文件中是{shown(listed.digest)}，按名单应为{shown(digest)}")
    if listed.as_of > version:
        yield Difference((*where, "as_of"), f"名单的版本{shown(listed.as_of)}晚于本版 {version}")
    if listed.as_of != version:
        return
    answers = Counter(
        each.unit
        for each in facts.answers
        if each.instrument == listed.instrument and each.state == AnswerState.COUNTED
    )
    least, most = max(answers.values(), default=0), answers.total()
    if not least <= len(listed.codes) <= most:
        yield Difference(
            (*where, "codes"),
            f"名单上有 {len(listed.codes)} 个回执号，按计入的答卷（answers）应为 {least} 至 {most} 个",
        )
