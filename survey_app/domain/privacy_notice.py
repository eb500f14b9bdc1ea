"""个人信息说明: what people who are asked are told of their personal data, in versions that all stay readable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from survey_app.domain.text import N_, Name

MAX_SECTION = 300
_VERSION = re.compile(r"[^\s/?#]{1,20}")


class Section(StrEnum):
    """What the law wants people told (个人信息保护法 art. 17), in the order of the page."""

    HANDLER = "handler"
    CONTACT = "contact"
    PURPOSE = "purpose"
    METHOD = "method"
    KINDS = "kinds"
    RETENTION = "retention"
    RIGHTS = "rights"


SECTION_NAMES = {
    Section.HANDLER: N_("处理者"),
    Section.CONTACT: N_("联系方式"),
    Section.PURPOSE: N_("作什么用"),
    Section.METHOD: N_("处理方式"),
    Section.KINDS: N_("收集什么"),
    Section.RETENTION: N_("保存多久"),
    Section.RIGHTS: N_("您的权利"),
}


@dataclass(frozen=True)
class PrivacyNotice:
    """个人信息说明 — one version: the day from which it is shown, and a text for every section."""

    version: str
    since: date
    sections: Mapping[Section, Name]


def parse_notices(tables: object) -> tuple[PrivacyNotice, ...]:
    """Return the versions of one survey's notice, oldest first; the last is in force.

    `tables` is what the file holds under the survey's key. Raises ValueError with all faults, one a line.
    """
    if not isinstance(tables, list) or not tables:
        raise ValueError("应有至少一版说明")
    faults: list[str] = []
    notices: list[PrivacyNotice] = []
    for number, table in enumerate(tables, 1):
        notice = _notice(table if isinstance(table, Mapping) else {}, f"第 {number} 版", faults)
        if any(notice.version == earlier.version for earlier in notices):
            faults.append(f"第 {number} 版.version：「{notice.version}」重复，每版要有自己的版本号")
        if notices and notice.since < notices[-1].since:
            faults.append(f"第 {number} 版.since：比前一版早，请按启用的先后排列，最后一版是现行的")
        notices.append(notice)
    if faults:
        raise ValueError("\n".join(faults))
    return tuple(notices)


def _notice(table: Mapping[str, object], path: str, faults: list[str]) -> PrivacyNotice:
    version, since = table.get("version"), table.get("since")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        faults.append(f"{path}.version：应为 1 至 20 个字符的版本号，不含空格、/、? 和 #")
    if type(since) is not date:
        faults.append(f"{path}.since：应为启用日期，如 2022-01-01")
    sections: dict[Section, Name] = {}
    for section in Section:
        text = table.get(section.value)
        zh, en = (text.get("zh"), text.get("en")) if isinstance(text, Mapping) else (None, None)
        if isinstance(zh, str) and isinstance(en, str) and 0 < len(zh.strip()) <= MAX_SECTION and en.strip():
            sections[section] = Name(zh.strip(), en.strip())
        else:
            faults.append(
                f"{path}.{section.value}（{SECTION_NAMES[section]}）：应有 zh 和 en，中文不超过 {MAX_SECTION} 字"
            )
    known = {"version", "since", *Section}
    faults.extend(f"{path}.{key}：不认识这一项，请删去或改正拼写" for key in table if key not in known)
    return PrivacyNotice(str(version), since if type(since) is date else date.min, sections)
