"""The personal link and the typed code of a case, derived from a key so that only hashes need be stored."""

import base64
import hashlib
import hmac
from unicodedata import normalize

# Digits and capitals without 0 O 1 I L, which people mistake for one another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
TOKEN_BYTES = 16  # 128 bits
TOKEN_LENGTH = 22  # of base64url without padding


def derive_key(secret: str, purpose: str) -> bytes:
    """Return the 32-byte key for one purpose, so that no two uses of the secret share a key."""
    return hmac.digest(secret.encode(), f"county-survey/{purpose}".encode(), hashlib.sha256)


def derive_token(key: bytes, case_id: str, version: int) -> str:
    """Return the 22-character token of a case's link; a new version makes a new link and ends the old one."""
    digest = hmac.digest(key, f"token:{case_id}:{version}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def derive_code(key: bytes, case_id: str, version: int) -> str:
    """Return the 8-character code that stands for the link where one must be typed."""
    number = int.from_bytes(hmac.digest(key, f"code:{case_id}:{version}".encode(), hashlib.sha256))
    symbols = []
    for _ in range(CODE_LENGTH):
        number, remainder = divmod(number, len(ALPHABET))
        symbols.append(ALPHABET[remainder])
    return "".join(symbols)


def token_hash(token: str) -> str:
    """Return what is stored of a token; its 128 random bits need no key."""
    return hashlib.sha256(token.encode()).hexdigest()


def code_hash(key: bytes, code: str) -> str:
    """Return what is stored of a code; keyed, since 40 bits could be tried out from a stolen database."""
    return hmac.new(key, f"code-hash:{code}".encode(), hashlib.sha256).hexdigest()


def normalise_code(typed: str, length: int = CODE_LENGTH) -> str | None:
    """Return the code of `length` symbols that `typed` means, or None when it can't be one.

    Any case, spaces and dashes, and the full-width characters of a Chinese keyboard make no difference.
    """
    code = "".join(normalize("NFKC", typed).split()).replace("-", "").upper()
    if len(code) != length or any(symbol not in ALPHABET for symbol in code):
        return None
    return code


def group_code(code: str) -> str:
    """Return the code in two groups of four, as it is printed."""
    return f"{code[:4]} {code[4:]}"
