"""Names for the review room: who a pseudonym is, and which pseudonyms a name or an NHS number may mean.

The sealed identities are opened here and kept in memory as long as the file is the same one. Without a key or without
identities the room works with pseudonyms, and every page says why.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock

from features.contract import SEALED
from features.history import locate
from features.problems import HomeroundError

from .identity import NOT_VALID, names_of
from .rows import Identity

_LEAST_DIGITS = 4


@dataclass(frozen=True)
class Known:
    """Identities by resident_id; `missing` says in words why there are none."""

    people: Mapping[str, Identity]
    missing: str = ""


@dataclass(frozen=True)
class People:
    """The identities of one history. `store` is the sealed file, or the folder it lies in."""

    store: Path
    key_file: Path
    _kept: dict[str, tuple[object, Known]] = field(default_factory=dict, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def known(self, born: Mapping[str, date]) -> Known:
        """Everybody's identity; `born` gives dates of birth by resident_id."""
        identity = (_identity(self.store), _identity(self.key_file), len(born))
        with self._lock:
            kept = self._kept.get("known")
            if kept is None or kept[0] != identity:
                kept = self._kept["known"] = (identity, self._open(born))
        return kept[1]

    def _open(self, born: Mapping[str, date]) -> Known:
        try:
            return Known(names_of(list(born), born, self.store, self.key_file).people)
        except HomeroundError:
            # The words of the error name files of the machine: they are for whoever starts the service.
            return Known({}, "Names are not available, so residents are shown by pseudonym.")


def _identity(path: Path) -> tuple[object, ...]:
    """What tells that a file, or the identities of a folder, changed."""
    if path.is_dir():
        path = path / SEALED if (path / SEALED).is_file() else (locate(path, "identities") or path)
    if not path.exists():
        return (str(path),)
    stat = path.stat()
    return str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns


def search(text: str, people: Mapping[str, Identity], among: Collection[str]) -> tuple[str, ...]:
    """Who of `among` may be meant, by family name: every word is part of the name, or the digits of the NHS number.

    Accents, case, spaces and dashes do not matter.
    """
    words = folded(text).split()
    number = re.sub(r"[\s-]", "", text)
    digits = number if number.isdecimal() and len(number) >= _LEAST_DIGITS else ""
    found = [who for who in among if who in people and _matches(people[who], words, digits)]
    return tuple(sorted(found, key=lambda who: (folded(people[who].family_name), folded(people[who].given_name), who)))


def _matches(identity: Identity, words: list[str], digits: str) -> bool:
    if digits:
        return identity.nhs_number != NOT_VALID and digits in re.sub(r"[\s-]", "", identity.nhs_number)
    name = folded(f"{identity.given_name} {identity.family_name}")
    return bool(words) and all(word in name for word in words)


def folded(text: str) -> str:
    """`text` as it is compared: no case, no accents, dashes as spaces, letters such as ł as their nearest."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return re.sub(r"[-‐-―]", " ", bare.translate(_NEAREST))


# Letters that no decomposition takes apart.
_NEAREST = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"})


def namesakes(people: Collection[Identity]) -> frozenset[tuple[str, str]]:
    """Names (folded) that more than one of these people bear."""
    names = Counter(named(one) for one in people)
    return frozenset(name for name, times in names.items() if times > 1)


@lru_cache(maxsize=20_000)
def named(identity: Identity) -> tuple[str, str]:
    return folded(identity.given_name), folded(identity.family_name)
