"""NHS numbers become keyed pseudonyms before anything of the history is written."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from ..nhs_number import valid

_BYTES = 10  # 80 bits: among a million people two meet with a chance of one in two million million
_SEPARATORS = "[ -]"


@dataclass(frozen=True)
class Pseudonyms:
    """HMAC-SHA256 under a secret key: a person has one pseudonym in every source that is imported with that key."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < 32:
            raise ValueError("a pseudonym key needs 32 bytes")

    @property
    def key_id(self) -> str:
        """Which key it was; tells nothing of the key itself."""
        return hashlib.sha256(b"homeround pseudonym key" + self.key).hexdigest()[:8]

    def of(self, number: str) -> str:
        """The pseudonym of one NHS number, blanks and dashes inside left out of account, or of another id."""
        return self._keyed(plain(pa.array([number]))[0].as_py())

    def all_of(self, ids: pa.Array) -> tuple[pa.Array, int]:
        """Pseudonyms of ids, null for null, and how many distinct ids are no NHS number by their check digit."""
        coded = plain(ids).dictionary_encode()
        words = coded.dictionary
        wrong = int((~valid(words)).sum())
        made = pa.array(self._each(words.to_pylist()), pa.string())
        return made.take(coded.indices), wrong

    def _each(self, words: Iterable[str]) -> list[str]:
        return [self._keyed(word) for word in words]

    def _keyed(self, word: str) -> str:
        digest = hmac.digest(self.key, word.encode(), "sha256")[:_BYTES]
        return "r" + base64.b32encode(digest).decode().lower()


def plain(ids: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Ids without blanks around them, NHS numbers without any inside and without the .0 of a decimal column."""
    text = pc.replace_substring_regex(pc.utf8_trim_whitespace(ids), r"^([0-9]{10})\.0+$", r"\1")
    return pc.if_else(pa.array(valid(text)), pc.replace_substring_regex(text, _SEPARATORS, ""), text)
