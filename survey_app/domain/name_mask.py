"""Names of enterprises made unreadable for strangers, who may hold another's letter, but not for their owners."""


def mask_name(name: str) -> str:
    """Return the name with its middle hidden: 方城县宏*****公司 (a third is kept in front, a fifth at the end)."""
    head = -(-len(name) // 3)
    tail = len(name) // 5
    hidden = len(name) - head - tail
    return name[:head] + "*" * hidden + name[len(name) - tail :]
