"""The name of a file that somebody sent, made fit to be stored, shown and saved under."""

from unicodedata import category

from survey_app.domain.json_object import is_clean

LONGEST_STEM = 150
# What a file system takes for something else than a part of a name.
_SIGNS = frozenset('/\\:*?"<>|')


def clean_name(sent: str, ending: str) -> str:
    """Return a name with this ending, without folders, control characters and signs that file systems refuse."""
    base = sent.replace("\\", "/").rpartition("/")[2]
    seen = "".join(symbol for symbol in base if category(symbol) != "Cf")  # what turns a name's end around
    kept = "".join(" " if symbol in _SIGNS or not is_clean(symbol) else symbol for symbol in seen)
    stem = " ".join(kept.split()).lstrip(".")
    if "." in stem:
        stem = stem.rpartition(".")[0]
    return (stem[:LONGEST_STEM].strip(" .") or "附件") + ending
