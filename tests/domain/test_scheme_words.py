"""A scheme in words says what its settings say, of every shipped scheme."""

import pytest

from survey_app.domain.scheme_words import bonus_rules, item_rules, penalty_rules, total_rules
from survey_app.schemes.loader import load_scheme, scheme_keys


def _words(item_id: str) -> str:
    return "；".join(map(str, item_rules(load_scheme().item(item_id))))


def test_the_first_scheme_reads_as_its_rules() -> None:
    assert _words("satisfaction") == (
        "满分 20，满意不扣分、每份基本满意扣 1 分、每份不满意扣 2 分；扣到 0 分为止；"
        "没有一份答卷时待定，不按满分计；没有作答的企业不扣分"
    )
    assert "样本企业为 0 时待定，不按满分计" in _words("revisits")
    assert "查出问题为 0 时得 8 分" in _words("rectification")
    assert "分 3 个方阵：第一方阵 7–10 分、第二方阵 4–6 分、第三方阵 1–3 分" in _words("publicity")
    assert "数值为 0 的固定列第三方阵，得 1 分" in _words("publicity")
    assert "名次在前 2/3 以内（向上取整）的列入第二方阵" in _words("supervisors")
    assert "没有参加评价的单位按已评价单位的平均数列出，保留 2 位小数" in _words("indicator_tasks")
    scheme = load_scheme()
    assert str(bonus_rules(scheme.bonus)[0]) == "每项做法按批示级别加分：市级 +2、省级 +3、国家级 +5"
    assert str(penalty_rules(scheme.penalty)[0]) == "经查实，每次扣 10 分"
    assert "总分不封顶，也不保底" in map(str, total_rules(scheme))


@pytest.mark.parametrize("key", scheme_keys())
def test_every_item_of_every_scheme_has_words(key: str) -> None:
    scheme = load_scheme(key)
    for item in scheme.items:
        sentences = item_rules(item)
        assert sentences
        assert all("%(" not in str(sentence) for sentence in sentences)
