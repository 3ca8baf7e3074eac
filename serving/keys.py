"""Secrets: from the environment, else from a file that only its owner can read."""

import base64
import os
import secrets
from pathlib import Path

from features.problems import UsageError

PSEUDONYM_VARIABLE = "HOMEROUND_PSEUDONYM_KEY"


def key(file: Path, variable: str) -> bytes:
    """The secret from the environment, else from `file`. Raises UsageError for none, or one that others can read."""
    if stated := os.environ.get(variable):
        return stated.strip().encode()
    if not file.is_file():
        raise UsageError(f"no secret: set {variable} or put it in {file}")
    if file.stat().st_mode & 0o077:
        raise UsageError(f"others can read the secret {file}: set its rights to 0600 (chmod 600)")
    if not (found := file.read_bytes().strip()):
        raise UsageError(f"the secret {file} is empty")
    return found


def make_key(file: Path, variable: str) -> bytes:
    """The key in use, or a new one of 32 random bytes in URL-safe base64, written to `file` for its owner alone."""
    if os.environ.get(variable) or file.is_file():
        return key(file, variable)
    file.parent.mkdir(parents=True, exist_ok=True)
    made = base64.urlsafe_b64encode(secrets.token_bytes(32))
    write_private(file, made + b"\n")
    return made


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(aside, path)
