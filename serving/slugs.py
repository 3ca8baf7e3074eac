"""Folder names: readable, the same on every system, and never a raw name."""

import hashlib
import re
import unicodedata

_LONGEST = 40


def slug(text: str, key: str) -> str:
    """`text` as lower-case ASCII words and the first eight hex digits of the SHA-256 of `key`, which tells namesakes
    apart: slug("Elm House home round", "round-h1") is "elm-house-home-round-" and eight digits."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].rstrip("-")
    return f"{words}-{mark(key)}" if words else mark(key)


def mark(key: str) -> str:
    """What a slug ends in, whatever its text."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]
