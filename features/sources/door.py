"""What may enter a history: who is called what, which codes stay out, and whose GP records."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..asof import NEVER
from ..codelists import concepts, resolve
from ..codelists.sensitive import sensitive
from ..contract import TABLES
from ..history import Lags, with_recording_times
from ..nhs_number import valid
from ..problems import UsageError
from ..visibility import known
from ..write import TableFile, write_table
from .pseudonyms import Pseudonyms, plain

_DIAGNOSES = {"primary_diagnosis": "ICD10", "secondary_diagnoses": "ICD10", "procedures": "OPCS4"}


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
        """Rows of a table of the contract as they may be written."""
        if self.rules.sensitive:
            table = self._without_sensitive(name, table)
        if self.rules.pseudonyms and "resident_id" in table.column_names:
            return self._pseudonymous(name, table, self.rules.pseudonyms)
        if name == "residents" and table.num_rows and valid(table["resident_id"]).mean() > 0.5:
            raise UsageError("the ids of the source are NHS numbers: import it with --nhs-numbers")
        return table

    def _pseudonymous(self, name: str, table: pa.Table, pseudonyms: Pseudonyms) -> pa.Table:
        ids = table["resident_id"].combine_chunks()
        made, wrong = pseudonyms.all_of(ids)
        if name == "residents":
            self.not_valid += wrong
            self.numbers |= dict(zip(made.to_pylist(), plain(ids).to_pylist(), strict=True))
        return table.set_column(table.column_names.index("resident_id"), "resident_id", made)

    def _without_sensitive(self, name: str, table: pa.Table) -> pa.Table:
        if name == "events" and "code" in table.column_names:
            out = pc.is_in(table["code"], value_set=pa.array(sorted(sensitive(_words(table["code"]))), pa.string()))
            self.left_out["events with a sensitive code"] += pc.sum(out).as_py() or 0
            return table.filter(pc.invert(out))
        if name == "spells":
            for column, system in _DIAGNOSES.items():
                if column in table.column_names:
                    table = self._without_codes(table, column, system)
        return table

    def _without_codes(self, table: pa.Table, column: str, system: str) -> pa.Table:
        """Sensitive codes struck from lists joined by `;`; the spell itself stays."""
        struck = {text: _struck(text, system) for text in _words(table[column])}
        struck = {text: rest for text, rest in struck.items() if rest != text}
        if not struck:
            return table
        told = table[column].to_pylist()
        self.left_out[f"sensitive codes in {column.replace('_', ' ')} of spells"] += sum(t in struck for t in told)
        clean = pa.array([struck.get(t, t) for t in told], pa.string())
        return table.set_column(table.column_names.index(column), column, clean)

    def close(self, folder: Path) -> dict[str, int]:
        """What needs all tables: GP records of people with a type 1 objection, and the link to NHS numbers.

        Returns the rows of the tables that changed. Raises UsageError for names without a way to seal them.
        """
        events = self._without_type_1(folder) if self.rules.type_1 else {}
        return events | self._keep_numbers(folder)

    def _without_type_1(self, folder: Path) -> dict[str, int]:
        against = _objectors(folder)
        if not len(against):
            return {}
        path, aside = folder / "events.parquet", folder / "events.kept.parquet"
        file = TableFile(aside, TABLES["events"].schema)
        with pq.ParquetFile(path) as events:
            for batch in events.iter_batches():
                table = pa.table(batch)
                out = pc.and_(pc.is_in(table["resident_id"], value_set=against), _from_gp(table))
                self.left_out["GP records of people with a type 1 objection"] += pc.sum(out).as_py() or 0
                kept = table.filter(pc.invert(out)).combine_chunks()
                if kept.num_rows:
                    file.write({key: kept[key].combine_chunks() for key in kept.column_names})
        file.close()
        aside.replace(path)
        return {"events": file.rows}

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
        rows_written = write_table(path, pa.concat_tables([told, pa.Table.from_pylist(rows, schema)]), schema)
        self.rules.seal(folder)
        return {"identities": rows_written}


def _words(values: pa.ChunkedArray) -> list[str]:
    return list(pc.unique(values).drop_null().to_pylist())


def _struck(text: str, system: str) -> str | None:
    codes = text.split(";")
    out = sensitive(f"{system}:{code}" for code in codes)
    return ";".join(code for code in codes if f"{system}:{code}" not in out) or None


def _objectors(folder: Path) -> pa.Array:
    """Residents whose type 1 objection still stood at the source's last event."""
    table, _ = with_recording_times(pq.read_table(folder / "objections.parquet"), "objections", Lags())
    table = table.filter(pc.equal(table["kind"], "type_1"))
    last = pc.max(pq.read_table(folder / "events.parquet", columns=["time"])["time"])
    told = known(table)
    stands = (told.since < NEVER) & (told.until == NEVER)
    ended = pc.fill_null(pc.less_equal(table["to"], last), False).to_numpy(zero_copy_only=False)
    return pc.unique(table["resident_id"].filter(pa.array(stands & ~ended)))


def _from_gp(events: pa.Table) -> pa.Array:
    """Events that a practice recorded: by their source, else by the feed of their concept."""
    feeds: Mapping[str, str] = {
        code: concepts()[name].feed if name else "gp" for code, name in resolve(events["code"]).items()
    }
    theirs = pa.array([code for code, feed in feeds.items() if feed == "gp"], pa.string())
    unsaid = pc.and_(pc.is_null(events["source"]), pc.is_in(events["code"], value_set=theirs))
    return pc.or_(pc.fill_null(pc.equal(events["source"], "gp"), False), unsaid)
