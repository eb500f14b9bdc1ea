"""Tables of documents: where each cell stands."""

from datetime import UTC, datetime

import pytest

from survey_app.domain.document import Cell, Document, Form, Paragraph, Table, as_data, placed


def test_cells_stand_beside_and_below_those_that_span() -> None:
    rows = [[Cell("节", rows=2), Cell("甲")], [Cell("乙")], [Cell("合计", columns=2)]]
    assert [(row, column, cell.text) for row, column, cell in placed(rows, 2)] == [
        (0, 0, "节"),
        (0, 1, "甲"),
        (1, 1, "乙"),
        (2, 0, "合计"),
    ]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([[Cell("甲"), Cell("乙"), Cell("丙")]], "放不下"),
        ([[Cell("甲", rows=2), Cell("乙")]], "放不下"),
        ([[Cell("甲"), Cell("乙", rows=2)], [Cell("丙", columns=2)]], "放不下"),
        ([[Cell("甲")]], "只填了 1 格"),
    ],
)
def test_rows_that_make_no_rectangle_are_refused(rows: list[list[Cell]], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        list(placed(rows, 2))


def test_blocks_are_told_apart_by_their_kind() -> None:
    blocks = (Paragraph("*一*"), Table((1,), ((Cell("名次"),),), ((Cell("1"),),)))
    data = as_data(Document("题", Form.SHEET, blocks, "版本", datetime(2022, 4, 1, tzinfo=UTC)))
    [part] = data["parts"]  # type: ignore[misc]
    first, second = part["blocks"]
    assert first == {"kind": "paragraph", "text": "*一*", "style": "body"}
    assert (second["kind"], second["head"][0][0]["text"]) == ("table", "名次")


def test_only_documents_of_one_result_share_a_file() -> None:
    moment = datetime(2022, 4, 1, tzinfo=UTC)
    first = Document("甲", Form.SHEET, (), "第 1 版", moment)
    second = Document("乙", Form.SHEET, (), "第 1 版", moment)
    assert [part["title"] for part in as_data(first, second)["parts"]] == ["甲", "乙"]  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="同一版本"):
        as_data(first, Document("乙", Form.SHEET, (), "第 2 版", moment))
