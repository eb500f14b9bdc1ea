"""The second person's part of the quarter: a supervisor stands back, and what one entered another approves."""

from tests.quarter.county import County
from tests.quarter.figures import APPROVAL, ROUND, WATER


def stand_back(county: County) -> None:
    """A supervisor's mark leaves the mean while a conflict stands, and comes back with its withdrawal."""
    office, watcher = county.person("office"), county.person("watcher3")
    fields = {"unit": county.unit_ids[APPROVAL], "reason": "近亲属在该局任职"}
    assert "您评过的 6 分不计入" in watcher.send(watcher.open("/marks"), "登记回避", fields).text
    assert "行政审批局的特邀监督员：监督员评分 2/3 位" in office.open(f"{ROUND}/finalise").text
    page = office.open(f"{ROUND}/conflicts")
    county.crawl("office")
    back = office.open(page.link("撤销：watcher3，行政审批局"))
    office.send(back, "撤销回避", {"reason": "已调离"})
    assert "行政审批局的特邀监督员：" not in office.open(f"{ROUND}/finalise").text


def approve(county: County) -> None:
    """What one entered another approves; one entry is returned, mended, and approved then."""
    office, number = county.person("office"), county.unit_ids[WATER]
    assert "自来水公司的" in office.open(f"{ROUND}/finalise").text
    second = county.person("office2")
    assert "待审核（30）" in second.open(f"{ROUND}/approvals").text
    back = second.open(second.open(f"{ROUND}/approvals").link("退回：自来水公司 取得成效"))
    second.send(back, "退回这一条", {"reason": "没有附成效材料"})
    assert "没有附成效材料" in office.open(f"{ROUND}/items/{number}").text
    fields = {f"innovation_effect-{number}-note": "材料已补报"}
    office.send(office.open(f"{ROUND}/items/{number}"), "保存本单位", fields)
    county.crawl("office2")
    county.crawl("commission2")
    approve_all(county, "office2", 30)
    approve_all(county, "commission2", 4)


def approve_all(county: County, username: str, expected: int) -> None:
    person = county.person(username)
    done = person.send(person.open(f"{ROUND}/approvals"), f"全部通过（{expected} 条）")
    assert f"已通过 {expected} 条填报" in done.text
