"""What a rule finds in some rows of a history, how findings of several parts of it become one, and their words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .nhs_number import looks_valid
from .problems import Problem, Severity

_LONDON = ZoneInfo("Europe/London")
# What names a row in an example: pseudonyms, times and codes. Rows of identities are told by their number alone.
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "homes": ("home_id",),
    "home_events": ("home_id", "time", "code"),
    "residents": ("resident_id",),
    "stays": ("resident_id", "home_id", "moved_in"),
    "spells": ("spell_id", "resident_id", "admitted_at"),
    "events": ("resident_id", "time", "code"),
    "objections": ("resident_id", "kind", "from"),
    "identities": (),
}


@dataclass(frozen=True)
class Finding:
    """Rows of one table that break a rule alike; `first` is the number of the first (from 0), `example` its words.

    `kind` tells apart and orders the findings of one rule. `words` are values that the problem tells of, with their
    rows, in the order in which they come: a rule that has them makes its hint when all rows are known.
    """

    where: str
    says: str
    severity: Severity
    rows: int
    first: int
    example: str
    hint: str
    kind: tuple[str, ...] = ()
    words: Mapping[str, int] = field(default_factory=dict)

    def problem(self) -> Problem:
        """As it is told: the row's number is from 1, without the header."""
        table, column = self.where.split(".")
        example = "" if self.first < 0 else f"row {self.first + 1:,}" + (f": {self.example}" if self.example else "")
        return Problem(table, column, self.says, self.severity, self.rows, example, self.hint)


def together(parts: Iterable[tuple[int, Iterable[Finding]]]) -> list[Finding]:
    """One rule's findings in parts of a history, each with the rows of the table before it: the example is the first
    row of all, the kinds come in their order."""
    kinds: dict[tuple[str, ...], Finding] = {}
    for before, findings in parts:
        for one in findings:
            one = replace(one, first=one.first + before) if one.first >= 0 else one
            kinds[one.kind] = _joined(kinds[one.kind], one) if one.kind in kinds else one
    return [kinds[kind] for kind in sorted(kinds)]


def _joined(first: Finding, then: Finding) -> Finding:
    words = dict(first.words)
    for word, rows in then.words.items():
        words[word] = words.get(word, 0) + rows
    return replace(first, rows=first.rows + then.rows, words=words)


def truth(mask: np.ndarray | pa.ChunkedArray | pa.Array) -> np.ndarray:
    """A mask as numpy (null is False); anything of numpy as it is."""
    if isinstance(mask, np.ndarray):
        return mask
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False)


def describe(rows: pa.Table, table: str, column: str, at: int) -> str:
    """One row in words that name nobody: its ids, time and code, and the value."""
    shown = list(_SHOWN[table])
    words = ", ".join(w for w in (_word(rows[name][at]) for name in shown) if w)
    if shown and column and column not in shown:
        words += f"; {column} {_word(rows[column][at]) or 'empty'}"
    return words


def _word(cell: pa.Scalar) -> str:
    value = cell.as_py()
    if pa.types.is_timestamp(cell.type) and value is not None:
        return value.astimezone(_LONDON).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:g}"
    text = "" if value is None else str(value)
    return "(masked)" if looks_valid(text) else text


def nearest(word: str, known_words: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be, or ''."""
    plain = {k.lower(): k for k in known_words}
    meant = word.strip().lower().replace(" ", "_").replace("-", "_")
    close = get_close_matches(meant, plain, 1, 0.6)
    return plain[close[0]] if close else ""
