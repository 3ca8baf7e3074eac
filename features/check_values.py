"""Rules about content: codes nobody knows, impossible values, other units, diagnoses, and NHS numbers out of place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .codelists import concepts, resolve
from .codelists.maps import entries
from .nhs_number import valid
from .problems import Problem
from .rules import Rule, Tables, found, nearest, rule, truth

_CODED = ("home_events", "events")
_ICD10 = "^[A-Z][0-9][0-9A-Z][-0-9A-Z]{0,4}$"  # a third letter and a seventh place are ICD-10-CM's


def value_rules() -> tuple[Rule, ...]:
    """Every rule of this file."""
    return (
        *(_known_codes(table) for table in _CODED),
        *(_plausible(table) for table in _CODED),
        _own_unit,
        *(_diagnoses(column) for column in ("primary_diagnosis", "secondary_diagnoses")),
        _numbers_valid,
        _pseudonyms,
    )


@dataclass(frozen=True)
class UnknownCode:
    """A code that no list knows or that belongs elsewhere, how often it occurs, and what was probably meant."""

    table: str
    code: str
    rows: int
    nearest: str


def unknown_codes(t: Tables, table: str, top: int | None = None) -> list[UnknownCode]:
    """Codes of a table that no feature can read, commonest first; the nearest known one for the first `top`."""
    if t.lacks(f"{table}.code"):
        return []
    counts = t[table].group_by("code").aggregate([([], "count_all")]).to_pylist()
    named = resolve(row["code"] for row in counts)
    mine = _belonging(table)
    lost = [(row["count_all"], row["code"]) for row in counts if row["code"] and named[row["code"]] not in mine]
    lost.sort(key=lambda pair: (-pair[0], pair[1]))
    return [UnknownCode(table, code, n, _near(code, table)) for n, code in lost[:top]]


@cache
def _belonging(table: str) -> frozenset[str]:
    of_home = table == "home_events"
    return frozenset(c.code for c in concepts().values() if c.kind.startswith("home_") == of_home)


def _near(code: str, table: str) -> str:
    system, colon, rest = code.partition(":")
    if not colon:
        return nearest(code, _belonging(table))
    meant = f"{nearest(system, {e.system for e in entries()})}:{rest}"
    return meant if meant != code and resolve([meant])[meant] in _belonging(table) else ""


def _known_codes(table: str) -> Rule:
    @rule(f"{table}.code is known", f"{table}.code")
    def find(t: Tables) -> Iterable[Problem]:
        lost = unknown_codes(t, table)
        if not lost:
            return ()
        most = ", ".join(_told(u) for u in lost[:5])
        mask = pc.is_in(t[table]["code"], pa.array([u.code for u in lost]))
        says = f"unknown code ({len(lost):,} different)" if len(lost) > 1 else "unknown code"
        return found(t, f"{table}.code", says, "warning", mask, f"Kept, but no feature reads it. Commonest: {most}")

    return find


def _told(unknown: UnknownCode) -> str:
    elsewhere = resolve([unknown.code])[unknown.code]
    near = f", nearest {unknown.nearest!r}" if unknown.nearest else ""
    note = ", which belongs in the other table of events" if elsewhere else near
    return f"{unknown.code!r} ({unknown.rows:,}{note})"


def _plausible(table: str) -> Rule:
    @rule(f"{table}.value is possible for its code", f"{table}.code", f"{table}.value")
    def find(t: Tables) -> Iterable[Problem]:
        index, names = _concepts(t, table)
        low, high = (np.array([_limit(n, end) for n in names], float) for end in ("low", "high"))
        values = pc.fill_null(t[table]["value"], np.nan).to_numpy(zero_copy_only=False)
        at = np.flatnonzero((values < low[index]) | (values > high[index]))
        for name in sorted({names[i] or "" for i in np.unique(index[at])}):
            c = concepts()[name]
            rows = at[np.array([n == name for n in names], bool)[index[at]]]
            says = f"impossible {c.label}, outside {c.low:g} to {c.high:g} {c.unit}".rstrip()
            yield from found(t, f"{table}.value", says, "warning", rows, "Check the unit and the decimal point")

    return find


def _limit(name: str | None, end: str) -> float:
    limit = getattr(concepts()[name], end) if name else None
    return np.nan if limit is None else limit


def _concepts(t: Tables, table: str) -> tuple[np.ndarray, list[str | None]]:
    """Per row a position among the distinct codes, and each one's concept; the last stands for no code."""
    codes = t[table]["code"].combine_chunks().dictionary_encode()
    if isinstance(codes, pa.ChunkedArray):
        codes = codes.combine_chunks()
    distinct = codes.dictionary.to_pylist()
    named = resolve(distinct)
    index = pc.fill_null(codes.indices, len(distinct)).to_numpy(zero_copy_only=False)
    return index, [*(named[c] for c in distinct), None]


# Other spellings of the units of concepts.csv: UCUM (ucum.org) and what care systems print, without blanks and case.
_SPELLINGS: Mapping[str, frozenset[str]] = {
    "breaths/min": frozenset({"/min", "{breaths}/min", "bpm", "rpm", "breathsperminute"}),
    "beats/min": frozenset({"/min", "{beats}/min", "bpm", "beatsperminute"}),
    "%": frozenset({"percent", "%sat", "%spo2"}),
    "degrees C": frozenset({"c", "cel", "°c", "degc", "celsius"}),
    "mmHg": frozenset({"mm[hg]"}),
    "kg": frozenset({"kgs", "kilograms", "kilogram"}),
    "ml/day": frozenset({"ml", "ml/d", "ml/24h", "ml/(24.h)"}),
    "ml/min": frozenset({"ml/min/1.73m2", "ml/min/{1.73_m2}", "ml/min/1.73m^2", "ml/min/{1.73m2}"}),
}
_NO_UNIT = frozenset({"score", "level", "category", "flag", "harm 0-3", "conveyed 0-1", "medicines"})
_COUNTS = frozenset({"1", "score", "{score}", "points", "level", "grade", "category", "flag", "count", "medicines"})


def _same_unit(unit: str, concept: str) -> bool:
    own = concepts()[concept].unit
    said = "".join(unit.lower().split())
    if said == "".join(own.lower().split()):
        return True
    return said in _COUNTS if own in _NO_UNIT or not own else said in _SPELLINGS.get(own, frozenset())


@rule("events.unit is the code's own", "events.code", "events.unit", "events.value")
def _own_unit(t: Tables) -> Iterable[Problem]:
    given = t["events"].filter(pc.and_(pc.is_valid(t["events"]["unit"]), pc.is_valid(t["events"]["value"])))
    pairs = given.group_by(["code", "unit"]).aggregate([([], "count_all")]).to_pylist()
    named = resolve(pair["code"] for pair in pairs)
    for pair in sorted(pairs, key=lambda p: (p["code"] or "", p["unit"])):
        concept = named.get(pair["code"])
        if concept and not _same_unit(pair["unit"], concept):
            yield from _other_unit(t, pair["code"], pair["unit"], concept)


def _other_unit(t: Tables, code: str, unit: str, concept: str) -> tuple[Problem, ...]:
    own = concepts()[concept]
    rows = pc.and_(pc.equal(t["events"]["code"], code), pc.equal(t["events"]["unit"], unit))
    rows = pc.and_(rows, pc.is_valid(t["events"]["value"]))
    hint = f"Values are never converted: send {own.label} in {own.unit}" if own.unit else "Leave the unit empty"
    return found(t, "events.unit", f"{own.label} in another unit than {own.unit or 'none'}", "warning", rows, hint)


def _diagnoses(column: str) -> Rule:
    where = f"spells.{column}"

    @rule(f"{where} is ICD-10 without dots", where)
    def find(t: Tables) -> Iterable[Problem]:
        values = t["spells"][column].combine_chunks()
        codes, rows = _split(values)
        dotted = pc.match_substring(codes, ".")
        plain = pc.ascii_upper(pc.replace_substring(codes, ".", ""))
        strange = pc.and_(pc.not_equal(plain, ""), pc.invert(pc.match_substring_regex(plain, _ICD10)))
        for says, hint, which in (
            ("diagnosis written with a dot", "It is read without: F03.9 is F039", dotted),
            ("not an ICD-10 code", "Send ICD-10 codes such as N390, several separated by ;", strange),
        ):
            mask = np.zeros(len(values), bool)
            mask[rows[truth(which)]] = True
            yield from found(t, where, says, "warning", mask, hint)

    return find


def _split(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Each `;`-separated code, trimmed, and the row it stands in."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], pa.string())
    lists = pc.split_pattern(values, ";")
    return pc.utf8_trim_whitespace(pc.list_flatten(lists)), pc.list_parent_indices(lists).to_numpy()


@rule("identities.nhs_number passes its check digit", "identities.nhs_number")
def _numbers_valid(t: Tables) -> Iterable[Problem]:
    numbers = t["identities"]["nhs_number"]
    wrong = truth(pc.is_valid(numbers)) & ~valid(numbers)
    hint = "The check digit is wrong, or there are not ten digits; the number itself is not shown"
    return found(t, "identities.nhs_number", "NHS number is not valid", "error", wrong, hint)


@rule("residents.resident_id is a pseudonym", "residents.resident_id")
def _pseudonyms(t: Tables) -> Iterable[Problem]:
    numbers = valid(t["residents"]["resident_id"])
    # Any number of ten digits passes the check once in eleven times: a few are chance, half are not.
    if not len(numbers) or numbers.mean() < 0.5:
        return ()
    hint = "Replace them by pseudonyms in every table; NHS numbers belong in identities alone"
    return found(t, "residents.resident_id", "ids are NHS numbers", "error", numbers, hint)
