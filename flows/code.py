"""Which code made a result: a digest of the source files, so that a changed document is no changed program."""

import hashlib
from functools import cache
from pathlib import Path

_PACKAGES = ("features", "models", "serving", "flows")
_KINDS = frozenset({".py", ".csv", ".html", ".css"})


@cache
def code_digest() -> str:
    """SHA-256 over the names and contents of every source file of the four packages."""
    root = Path(__file__).parent.parent
    total = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(p for p in (root / package).rglob("*") if p.suffix in _KINDS):
            total.update(f"{path.relative_to(root).as_posix()}\n".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
