"""Telephone numbers made unreadable for those who need to recognise them but not to dial them."""


def mask_phone(number: str) -> str:
    """Return the number with its middle hidden: 138****8000, 0377-****000; what is too short is hidden whole.

    An extension ("转801") is left off.
    """
    dialled = number.partition("转")[0]
    area, dash, local = dialled.rpartition("-")
    if dash:
        return f"{area}-****{local[-3:]}" if len(local) > 3 else f"{area}-****"
    return f"{dialled[:3]}****{dialled[-4:]}" if len(dialled) > 7 else "****"
