"""The demonstration county: made-up units, enterprises and libraries, the same from the same seed."""

from dataclasses import dataclass
from random import Random

from survey_app.domain.credit_code import check_character

DEPARTMENTS = (
    "行政审批局", "税务局", "市场监管局", "住建局", "自然资源局", "人社局", "公安局",
    "发改委", "工信局", "交通运输局", "生态环境局", "应急管理局", "卫健委", "农业农村局",
    "水利局", "林业局", "商务局", "科技局", "司法局", "财政局", "不动产登记中心",
)  # fmt: skip
SERVICE_COMPANIES = ("供电公司", "自来水公司", "燃气公司", "农商银行", "邮储银行", "村镇银行", "通信公司")
CATEGORIES = {
    **dict.fromkeys(DEPARTMENTS, "政府部门"),
    **dict.fromkeys(SERVICE_COMPANIES, "公共服务企业"),
}

MATTERS = {
    "行政审批局": ("企业设立登记", "食品经营许可", "企业变更登记"),
    "税务局": ("发票领用", "增值税申报", "出口退税"),
    "市场监管局": ("企业年报", "特种设备使用登记", "计量检定"),
    "住建局": ("施工许可", "竣工验收备案", "消防设计审查"),
    "自然资源局": ("建设用地规划许可", "土地出让手续"),
    "人社局": ("社保登记", "稳岗补贴申领", "劳动用工备案"),
    "公安局": ("公章刻制备案", "特种行业许可"),
    "不动产登记中心": ("不动产首次登记", "不动产抵押登记"),
    "供电公司": ("用电报装", "增容申请"),
    "自来水公司": ("用水报装", "过户"),
    "燃气公司": ("用气报装", "安全检查"),
    "农商银行": ("企业开户", "流动资金贷款"),
    "邮储银行": ("企业开户", "小微贷款"),
    "村镇银行": ("小微贷款", "企业开户"),
    "通信公司": ("专线报装", "基站协调"),
}
COMMON_MATTERS = ("项目备案", "政策咨询", "资金申报", "现场核查")

_FIRST = (
    "百盛", "天成", "永盛", "豫南", "金桥", "润泽", "宏达", "瑞丰", "鑫源", "德兴", "恒通", "华信",
    "裕州", "嘉和", "星光", "中原", "汇丰", "同力", "七峰", "凤瑞", "望花", "潘河", "清河", "博望",
)  # fmt: skip
_TRADES = (
    "建筑工程", "新能源", "建材", "电子科技", "置业", "农业", "餐饮管理", "服饰", "化工", "物流", "制衣",
    "医药", "玻璃", "丝毯工艺品", "黄姜制品", "汽车服务", "机械", "食品", "环保", "印务", "酒店管理", "商贸",
)  # fmt: skip
_FORMS = (
    ("有限公司", "91"), ("有限责任公司", "91"), ("股份有限公司", "91"),
    ("专业合作社", "93"), ("经营部", "92"), ("厂", "91"),
)  # fmt: skip
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林罗高"
_GIVEN = (
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "磊",
    "洋",
    "勇",
    "艳",
    "杰",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "桂英",
)
_MOBILE_PREFIXES = (
    "133",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "158",
    "159",
    "176",
    "182",
    "187",
    "189",
)
_SUBJECT_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class DemoEnterprise:
    """A made-up enterprise as a library names it."""

    name: str
    credit_code: str
    contact: str
    phone: str


@dataclass(frozen=True)
class County:
    """The units in order, all enterprises, and each unit's library as (enterprise, matter)."""

    units: tuple[str, ...]
    enterprises: tuple[DemoEnterprise, ...]
    libraries: dict[str, tuple[tuple[DemoEnterprise, str], ...]]


def make_county(seed: str, enterprises: int = 1600) -> County:
    """Make the county up; every enterprise is in at least one library, about a third in several."""
    random = Random(f"{seed}/county")  # noqa: S311  (made-up names need no secrecy)
    firms = _enterprises(random, enterprises)
    units = DEPARTMENTS + SERVICE_COMPANIES
    # Some units serve many enterprises, others few.
    weights = [random.uniform(0.5, 2.0) for _ in units]
    libraries: dict[str, list[tuple[DemoEnterprise, str]]] = {unit: [] for unit in units}
    for firm in firms:
        wanted = random.choices((1, 2, 3), weights=(66, 24, 10))[0]
        chosen: set[str] = set()
        while len(chosen) < wanted:
            chosen.add(random.choices(units, weights=weights)[0])
        for unit in sorted(chosen, key=units.index):
            libraries[unit].append((firm, random.choice(MATTERS.get(unit, COMMON_MATTERS))))
    return County(units, firms, {unit: tuple(rows) for unit, rows in libraries.items()})


def _enterprises(random: Random, count: int) -> tuple[DemoEnterprise, ...]:
    made: list[DemoEnterprise] = []
    names: set[str] = set()
    phones: set[str] = set()
    while len(made) < count:
        form, prefix = random.choice(_FORMS)
        name = f"{random.choice(_FIRST)}{random.choice(_FIRST)}{random.choice(_TRADES)}{form}"
        phone = random.choice(_MOBILE_PREFIXES) + f"{random.randrange(10**8):08}"
        if random.random() < 0.06:
            phone = f"0377-6{random.randrange(10**7):07}"
        if name in names or phone in phones:
            continue
        names.add(name)
        phones.add(phone)
        body = prefix + "411322" + "".join(random.choices(_SUBJECT_SYMBOLS, k=9))
        contact = random.choice(_SURNAMES) + random.choice(_GIVEN)
        made.append(DemoEnterprise(name, body + check_character(body), contact, phone))
    return tuple(made)
