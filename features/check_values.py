"""Rules about content: codes nobody knows, impossible values, other units, diagnoses, and NHS numbers out of place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .check_found import Finding, nearest, truth
from .codelists import concepts, resolve
from .codelists.maps import entries
from .nhs_number import valid
from .rules import Rule, Tables, found, rule

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


def unknown_codes(table: str, rows: Mapping[str, int], top: int) -> list[UnknownCode]:
    """The commonest of a table's unknown codes, each with the nearest known one."""
    lost = sorted((-n, code) for code, n in rows.items())
    return [UnknownCode(table, code, -n, _near(code, table)) for n, code in lost[:top]]


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


def known_codes(table: str) -> str:
    """The name of the rule whose findings count unknown codes."""
    return f"{table}.code is known"


def _known_codes(table: str) -> Rule:
    def told(finding: Finding, rows: int) -> Finding:
        many = len(finding.words)
        most = ", ".join(_told(u) for u in unknown_codes(table, finding.words, 5))
        says = f"unknown code ({many:,} different)" if many > 1 else "unknown code"
        return replace(finding, says=says, hint=f"Kept, but no feature reads it. Commonest: {most}")

    @rule(known_codes(table), f"{table}.code", told=told)
    def find(t: Tables) -> Iterable[Finding]:
        (words, at), mine = t.words(table, "code"), _belonging(table)
        codes = words.to_pylist()
        named = resolve(codes)
        lost = np.array([code != "" and named[code] not in mine for code in codes], bool)
        rows = t.saying(table, "code", lambda _: lost)
        count = np.bincount(at[rows], minlength=len(codes))
        unknown = {code: int(n) for code, n in zip(codes, count, strict=True) if n}
        return found(t, f"{table}.code", "unknown code", "warning", rows, "", words=unknown)

    return find


def _told(unknown: UnknownCode) -> str:
    elsewhere = resolve([unknown.code])[unknown.code]
    near = f", nearest {unknown.nearest!r}" if unknown.nearest else ""
    note = ", which belongs in the other table of events" if elsewhere else near
    return f"{unknown.code!r} ({unknown.rows:,}{note})"


def _plausible(table: str) -> Rule:
    @rule(f"{table}.value is possible for its code", f"{table}.code", f"{table}.value")
    def find(t: Tables) -> Iterable[Finding]:
        words, at = t.words(table, "code")
        named = resolve(words)
        names = [*(named[code] for code in words.to_pylist()), None]
        low, high = (np.array([_limit(n, end) for n in names], float) for end in ("low", "high"))
        values = pc.fill_null(t[table]["value"], np.nan).to_numpy(zero_copy_only=False)
        wrong = np.flatnonzero((values < low[at]) | (values > high[at]))
        for name in sorted({names[i] or "" for i in np.unique(at[wrong])}):
            c = concepts()[name]
            rows = wrong[np.array([n == name for n in names], bool)[at[wrong]]]
            says = f"impossible {c.label}, outside {c.low:g} to {c.high:g} {c.unit}".rstrip()
            hint = "Check the unit and the decimal point"
            yield from found(t, f"{table}.value", says, "warning", rows, hint, kind=(name,))

    return find


def _limit(name: str | None, end: str) -> float:
    limit = getattr(concepts()[name], end) if name else None
    return np.nan if limit is None else limit


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
def _own_unit(t: Tables) -> Iterable[Finding]:
    (codes, code), (units, unit) = t.words("events", "code"), t.words("events", "unit")
    pair = code.astype(np.int64) * (len(units) + 1) + unit  # a missing code or unit is -1
    given = (code >= 0) & (unit >= 0) & truth(pc.is_valid(t["events"]["value"]))
    named, said = resolve(codes), codes.to_pylist()
    for number in pc.unique(pa.array(pair[given])).to_pylist():
        this, other = said[number // (len(units) + 1)], units[number % (len(units) + 1)].as_py()
        concept = named[this]
        if concept and not _same_unit(other, concept):
            yield from _other_unit(t, this, other, concept, given & (pair == number))


def _other_unit(t: Tables, code: str, unit: str, concept: str, rows: np.ndarray) -> tuple[Finding, ...]:
    own = concepts()[concept]
    hint = f"Values are never converted: send {own.label} in {own.unit}" if own.unit else "Leave the unit empty"
    says = f"{own.label} in another unit than {own.unit or 'none'}"
    return found(t, "events.unit", says, "warning", rows, hint, kind=(code, unit))


def _diagnoses(column: str) -> Rule:
    where = f"spells.{column}"

    @rule(f"{where} is ICD-10 without dots", where)
    def find(t: Tables) -> Iterable[Finding]:
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
            yield from found(t, where, says, "warning", mask, hint, kind=(says,))

    return find


def _split(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Each `;`-separated code, trimmed, and the row it stands in."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], pa.string())
    lists = pc.split_pattern(values, ";")
    return pc.utf8_trim_whitespace(pc.list_flatten(lists)), pc.list_parent_indices(lists).to_numpy()


@rule("identities.nhs_number passes its check digit", "identities.nhs_number")
def _numbers_valid(t: Tables) -> Iterable[Finding]:
    numbers = t["identities"]["nhs_number"]
    wrong = truth(pc.is_valid(numbers)) & ~valid(numbers)
    hint = "The check digit is wrong, or there are not ten digits; the number itself is not shown"
    return found(t, "identities.nhs_number", "NHS number is not valid", "error", wrong, hint)


def _half(finding: Finding, rows: int) -> Finding | None:
    # Any number of ten digits passes the check once in eleven times: a few are chance, half are not.
    return finding if finding.rows * 2 >= rows else None


@rule("residents.resident_id is a pseudonym", "residents.resident_id", told=_half)
def _pseudonyms(t: Tables) -> Iterable[Finding]:
    numbers = valid(t["residents"]["resident_id"])
    hint = "Replace them by pseudonyms in every table; NHS numbers belong in identities alone"
    return found(t, "residents.resident_id", "ids are NHS numbers", "error", numbers, hint)
