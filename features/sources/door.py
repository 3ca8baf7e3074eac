"""What may enter a history: who is called what, which codes stay out, and whose GP records; all of it counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..contract import TABLES
from ..nhs_number import valid
from ..problems import UsageError
from ..write import write_table
from .objectors import without_objectors
from .pseudonyms import Pseudonyms, plain
from .withheld import Counted, without_numbers, without_sensitive

AGAINST = "GP records of people with a type 1 objection"
# Sources make ids of records from those of people.
_KEYED = ("resident_id", "spell_id", "record_id")


@dataclass(frozen=True)
class Rules:
    """`pseudonyms` where the source's ids are NHS numbers; the others say what is left out.

    `type_1` leaves out GP records of people who object to their use beyond their own care; `sensitive` leaves out
    codes of codelists/sensitive.csv, whatever the purpose. Give `seal` what encrypts identities in a folder.
    """

    pseudonyms: Pseudonyms | None = None
    type_1: bool = True
    sensitive: bool = True
    seal: Callable[[Path], object] | None = None


@dataclass
class Door:
    """Rules at work on one import, with the counts of what they did."""

    rules: Rules = Rules()
    left_out: Counter[str] = field(default_factory=Counter)
    numbers: dict[str, str] = field(default_factory=dict, repr=False)
    not_valid: int = 0

    def admit(self, name: str, table: pa.Table) -> pa.Table:
        """Rows of a table as they may be written. Raises UsageError where ids are NHS numbers as such."""
        if self.rules.sensitive:
            table, counted = without_sensitive(name, table)
            self._count(counted)
        table, counted = without_numbers(table)
        self._count(counted)
        if self.rules.pseudonyms:
            return self._pseudonymous(name, table, self.rules.pseudonyms)
        if name == "residents" and table.num_rows and valid(table["resident_id"]).mean() > 0.5:
            raise UsageError("the ids of the source are NHS numbers: import it with --nhs-numbers")
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

    def close(self, folder: Path) -> dict[str, int]:
        """What needs all tables: GP records of people with a type 1 objection, and the link to NHS numbers.

        Returns the rows of identities, if there are any. Raises UsageError for names without a way to seal them.
        """
        if self.rules.type_1:
            self.left_out[AGAINST] += without_objectors(folder)
        return self._keep_numbers(folder)

    def _keep_numbers(self, folder: Path) -> dict[str, int]:
        """Seal identities; people whom the source does not name keep their number, so that they can be found again."""
        path, schema = folder / "identities.parquet", TABLES["identities"].schema
        told = pq.read_table(path).cast(schema)
        named = set(told["resident_id"].to_pylist())
        rows = [
            {"resident_id": who, "nhs_number": number, "given_name": "", "family_name": ""}
            for who, number in self.numbers.items()
            if who not in named
        ]
        if not rows and not named:
            path.unlink()
            return {}
        if self.rules.seal is None:
            raise UsageError("the source names people: say how identities are sealed")
        count = write_table(path, pa.concat_tables([told, pa.Table.from_pylist(rows, schema)]), schema)
        self.rules.seal(folder)
        return {"identities": count}
