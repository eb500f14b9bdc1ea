"""After the first publication: an objection, the correction that it leads to, and what the units are to mend."""

from tests.quarter.approving import approve_all
from tests.quarter.county import County
from tests.quarter.figures import ROUND, TAX


def object_and_correct(county: County) -> None:
    """The unit misses a point; the office looks again, two people agree, and a second version takes the first's place."""
    tax, office, second = (county.person(username) for username in ("tax", "office", "office2"))
    own = tax.open("/result")
    assert "第 3 名（共 4 个单位）" in own.text
    page = tax.open(own.link("提出异议，查看办理情况"))
    blank = tax.send(page, "提交异议", {"item": "assigned_tasks"}, status=400)
    assert "请填写异议的理由" in blank.text
    told = tax.send(blank, "提交异议", {"reason": "交办的事全部按时完成，少 1 分"})
    assert "待答复" in told.text
    page = office.open(office.open(ROUND).link("答复异议"))
    answer = {"upheld": "yes", "text": "登记时少录 1 分"}
    page = office.send(page, "提交答复", answer)
    assert "请由另一位营商办人员审核" in page.text
    assert "待答复" in tax.open(f"/result{ROUND.removeprefix('/rounds')}/objections").text
    second.send(second.open(second.open(ROUND).link("审核答复")), "审核通过")
    assert "登记时少录 1 分" in tax.open(f"/result{ROUND.removeprefix('/rounds')}/objections").text
    page = office.open(office.open(ROUND).link("申请更正"))
    assert "等" in office.send(page, "提交更正申请", {"reason": "税务局日常交办少录 1 分"}).text
    county.crawl("office")
    second.send(second.open(second.open(ROUND).link("看更正申请")), "确认，开始更正")
    number = county.unit_ids[TAX]
    page = office.open(f"{ROUND}/items/{number}")
    office.send(page, "保存本单位", {f"assigned_tasks-{number}-points": "8"})
    approve_all(county, "office2", 1)
    assert "第 3 名（共 4 个单位）" in tax.open("/result").text, "still the first version"
    page = office.open(office.open(ROUND).link("看更正对照"))
    assert [row[:3] for row in page.rows if row[0] == TAX] == [[TAX, "80 → 81", "3 → 2"]]
    for username in ("office", "commission"):
        county.crawl(username)
    office.send(office.open(f"{ROUND}/finalise"), "核定 4 个单位的得分")
    second.send(second.open(f"{ROUND}/publish"), "向 4 个单位公布结果")
    own = tax.open("/result")
    assert "这是第 2 版得分，更正 2022-06-20 公布的第 1 版。更正原因：税务局日常交办少录 1 分" in own.text
    assert [row[1] for row in own.rows if row[0] in ("日常交办", "总分", "名次")] == [
        "7 → 8",
        "80 → 81",
        "3 → 2",
    ]


def issue_tasks(county: County) -> None:
    """What the published answers found is put to the units to mend."""
    office = county.person("office")
    issued = office.send(office.open(f"{ROUND}/rectifications/issue"), "下达整改任务")
    assert "项整改任务，责任单位登录后可以看到" in issued.text
