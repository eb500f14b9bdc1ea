"""A remark is shown without what tells who wrote it."""

import pytest

from survey_app.domain.remarks import HIDDEN, Masks, published_remarks

NAMES = ["方城县宏达机械有限公司", "南阳市锦绣商贸有限责任公司", "老张饭店"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("请打13800138000，谢谢", f"请打{HIDDEN}，谢谢"),
        ("电话 138 0013 8000 或 0377-67230000", f"电话 {HIDDEN} 或 {HIDDEN}"),
        ("１３８００１３８０００", HIDDEN),
        ("一三八零零一三八零零零", HIDDEN),
        ("写信到 zhang.san@qq.com", f"写信到 {HIDDEN}"),
        ("微信号abc_12345", f"微信号{HIDDEN}"),
        ("91411322MA3X0000XY 的执照", f"{HIDDEN} 的执照"),
        ("我们方城县宏达机械有限公司等了三周", f"我们{HIDDEN}等了三周"),
        ("宏达机械等了三周，宏达不满", f"{HIDDEN}等了三周，{HIDDEN}不满"),
        ("锦绣商贸的事没人管", f"{HIDDEN}的事没人管"),
        ("老张饭店办证难", f"{HIDDEN}办证难"),
        ("跑了3趟，交了1200元，用了37天", "跑了3趟，交了1200元，用了37天"),
        ("窗口人员推诿", "窗口人员推诿"),
    ],
)
def test_what_tells_the_writer_is_hidden(written: str, shown: str) -> None:
    assert Masks(NAMES).mask(written) == shown


def test_remarks_are_shown_from_the_smallest_number_of_writers_by_what_they_say() -> None:
    written = [["丙"], ["甲", "丁"], [], ["乙"]]
    assert published_remarks(written, [], 4) == [], "three wrote four remarks"
    assert published_remarks(written, [], 3) == sorted(["甲", "乙", "丙", "丁"])
    assert published_remarks(written[::-1], [], 3) == published_remarks(written, [], 3)
