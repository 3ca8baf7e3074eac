"""What may enter a history: who is called what, which codes stay out, and whose GP records; all of it counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..contract import TABLES
from ..nhs_number import valid
from ..problems import UsageError
from .objectors import without_objectors
from .pseudonyms import Pseudonyms, plain
from .withheld import Counted, without_numbers, without_sensitive

AGAINST = "GP records of people with a type 1 objection"
# Sources make ids of records from those of people.
_KEYED = ("resident_id", "spell_id", "record_id")
_CHANCE = 0.2


@dataclass(frozen=True)
class Rules:
    """`pseudonyms` where the source's ids are NHS numbers; the others say what is left out.

    `type_1` leaves out GP records of people who object to their use beyond their own care; `sensitive` leaves out
    codes of codelists/sensitive.csv, whatever the purpose. `seal` encrypts identities into a folder, with the names
    that the history before it, if any, had for those who come without one.
    """

    pseudonyms: Pseudonyms | None = None
    type_1: bool = True
    sensitive: bool = True
    seal: Callable[[pa.Table, Path, Path | None], object] | None = None


@dataclass
class Door:
    """Rules at work on one import, with the counts of what they did."""

    rules: Rules = Rules()
    left_out: Counter[str] = field(default_factory=Counter)
    numbers: dict[str, str] = field(default_factory=dict, repr=False)
    not_valid: int = 0
    _names: list[pa.Table] = field(default_factory=list, repr=False)

    def admit(self, name: str, table: pa.Table) -> pa.Table:
        """Rows of a table as they may be written. Raises UsageError where ids are NHS numbers as such."""
        if self.rules.sensitive:
            table, counted = without_sensitive(name, table)
            self._count(counted)
        table, counted = without_numbers(table)
        self._count(counted)
        if self.rules.pseudonyms:
            table = self._pseudonymous(name, table, self.rules.pseudonyms)
        elif "resident_id" in table.column_names and _are_numbers(table["resident_id"]):
            raise UsageError(f"the ids of {name} in the source are NHS numbers: import it with --nhs-numbers")
        if name == "identities":
            self._names.append(table)
        return table

    def _count(self, counted: Sequence[Counted]) -> None:
        for what, rows in counted:
            self.left_out[what] += rows

    def _pseudonymous(self, name: str, table: pa.Table, pseudonyms: Pseudonyms) -> pa.Table:
        for column in (one for one in _KEYED if one in table.column_names):
            ids = table[column].combine_chunks()
            made, wrong = pseudonyms.all_of(ids)
            if (name, column) == ("residents", "resident_id"):
                self.not_valid += wrong
                self.numbers |= dict(zip(made.to_pylist(), plain(ids).to_pylist(), strict=True))
            table = table.set_column(table.column_names.index(column), column, made)
        return table

    def close(self, folder: Path, before: Path | None) -> dict[str, int]:
        """What needs all tables: GP records of people with a type 1 objection, and the link to NHS numbers.

        `before` is the history that this one replaces. Returns the rows of identities, if there are any. Raises
        UsageError for names without a way to seal them.
        """
        if self.rules.type_1:
            self.left_out[AGAINST] += without_objectors(folder)
        names = self._identities()
        if not len(names):
            return {}
        if self.rules.seal is None:
            raise UsageError("the source names people: say how identities are sealed")
        self.rules.seal(names, folder, before)
        return {"identities": len(names)}

    def _identities(self) -> pa.Table:
        """Names as told, and the numbers of people whom nobody names, so that they can be found again."""
        schema = TABLES["identities"].schema
        told = pa.concat_tables([schema.empty_table(), *self._names], promote_options="default")
        named = set(told["resident_id"].to_pylist())
        rows = [
            {"resident_id": who, "nhs_number": number, "given_name": "", "family_name": ""}
            for who, number in self.numbers.items()
            if who not in named
        ]
        return pa.concat_tables([told, pa.Table.from_pylist(rows, schema)])


def _are_numbers(ids: pa.ChunkedArray) -> bool:
    """Whether ids are NHS numbers: of ten random digits one in eleven has a right check digit too."""
    known = pc.unique(plain(ids)).drop_null()
    right = int(valid(known).sum())
    return right > 0 and (right == len(known) or (right > 1 and right > _CHANCE * len(known)))
