"""Passwords: kept by Argon2id (RFC 9106) alone, and checked in the same time whether or not there is an account.

To hash or to check one takes a tenth of a second and 64 MiB: never within a transaction, where writers would wait. So
what an account is given is hashed already.
"""

import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from features.problems import UsageError

SHORTEST = 12  # length, not kinds of characters, is what makes a password hard to guess (NIST SP 800-63B, 3.1.1)
LONGEST = 200
_CLEAR = "abcdefghjkmnpqrstuvwxyz23456789"
_HASHER = PasswordHasher()
_AT_ONCE = BoundedSemaphore(2)  # each check takes 64 MiB: a flood of sign-ins must not take all there is


@dataclass(frozen=True, slots=True)
class Hashed:
    """A password as an account keeps it."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Once:
    """A password that somebody reads out or copies once, and as the account keeps it."""

    given: str = field(repr=False)
    kept: Hashed


def chosen(password: str, username: str) -> Hashed:
    """A password that a person chose. Raises UsageError in words for one that is easily guessed."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {LONGEST} characters")
    if username and username in password.casefold():
        raise UsageError("a password does not hold the name that you sign in with")
    return Hashed(hashed(password))


def for_once() -> Once:
    """A new one: 79 bits, in fours, of letters and digits that look unlike."""
    given = "-".join("".join(secrets.choice(_CLEAR) for _ in range(4)) for _ in range(4))
    return Once(given, Hashed(hashed(given)))


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the one. An account that is not there takes as long as one that is."""
    with _AT_ONCE:
        try:
            _HASHER.verify(stored or _nobody(_HASHER), _bytes(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with weaker settings than those of today."""
    return _HASHER.check_needs_rehash(stored)


def hashed(password: str) -> str:
    """Argon2id of a password, with today's settings."""
    with _AT_ONCE:
        return _HASHER.hash(_bytes(password))


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # a browser may send half a pair


@lru_cache(maxsize=1)
def _nobody(hasher: PasswordHasher) -> str:
    return hasher.hash("the password of nobody")
