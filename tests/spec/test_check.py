"""Acceptance of histories: each rule by the smallest history that breaks it, and all of them at once."""

import json
from dataclasses import dataclass, field
from functools import cache

import pyarrow as pa
import pytest
from histories import HOME, RESIDENT, STAY, write_history

from features.check import check, inspect
from features.check_end import ends, last
from features.check_found import nearest
from features.check_shape import shape_rules
from features.check_time import time_rules
from features.check_values import value_rules
from features.coerce import coerce
from features.contract import TABLES
from features.nhs_number import looks_valid
from features.problems import HistoryError, Problem
from features.rules import Tables


def event(**changes):
    row = {"resident_id": "r1", "time": "2025-06-02T10:00", "recorded_at": "2025-06-02T12:00", "code": "fall"}
    return row | changes


def spell(**changes):
    row = {"spell_id": "s1", "resident_id": "r1", "admitted_at": "2025-06-02T10:00", "admission_method": "21"}
    times = {"recorded_at": "2025-06-03", "discharged_at": "2025-06-05", "discharge_recorded_at": "2025-06-06"}
    return row | times | changes


def home_event(**changes):
    row = {"home_id": "h1", "time": "2025-06-02T10:00", "recorded_at": "2025-06-02T12:00", "code": "outbreak"}
    return row | changes


def objection(**changes):
    return {"resident_id": "r1", "kind": "local", "from": "2025-06-02", "recorded_at": "2025-06-03"} | changes


# 9990000018 passes the check digit in the range that is never issued.
def identity(**changes):
    row = {"resident_id": "r1", "nhs_number": "9990000018", "given_name": "Invented", "family_name": "Person"}
    return row | changes


R2, STAY2 = RESIDENT | {"resident_id": "r2"}, STAY | {"resident_id": "r2"}
LATER = event(time="2025-12-01T10:00", recorded_at="2025-12-01T12:00")
OPEN = spell(discharged_at=None, discharge_recorded_at=None)
DIED = RESIDENT | {"died_on": "2025-06-01", "died_recorded_at": "2025-06-02"}
MIDNIGHT = home_event(recorded_at="2025-06-02")
EARLY = spell(discharge_recorded_at="2025-06-04")
FORETOLD = DIED | {"died_recorded_at": "2025-05-01"}
MAY = {"admitted_at": "2025-05-02", "recorded_at": "2025-05-03", "discharged_at": "2025-05-04"}
FULL = {
    "homes": HOME,
    "residents": RESIDENT,
    "stays": STAY,
    "spells": spell(),
    "events": event(),
    "home_events": home_event(),
    "objections": objection(),
    "identities": identity(),
}


DEFAULT = {"homes": [HOME], "residents": [RESIDENT], "stays": [STAY]}


def of(**tables) -> tuple[Problem, ...]:
    """The problems of these rows, typed in memory; the tests of files are further down."""
    return inspect(typed(tables)).problems


def typed(tables):
    rows = DEFAULT | tables
    return {name: _typed(name, json.dumps(rows.get(name, []))) for name in TABLES}


@cache
def _typed(name, rows):
    rows, text = json.loads(rows), pa.string()
    words = {c.name: [_word(row.get(c.name)) for row in rows] for c in TABLES[name].columns}
    return coerce(pa.table({c: pa.array(values, text) for c, values in words.items()}), TABLES[name])[0]


def _word(value):
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_a_sound_history_has_no_problem(tmp_path):
    report = check(write_history(tmp_path, **{name: [row] for name, row in FULL.items()}))
    assert report.problems == ()
    assert set(report.rows.values()) == {1}
    assert sum(report.assumed.values()) == 0
    report.raise_on_error()


@dataclass(frozen=True)
class Broken:
    """Tables that break one rule, and the problem it must name."""

    where: str
    says: str
    severity: str
    tables: dict = field(default_factory=dict)
    rows: int = 1
    shows: str = ""
    also: frozenset = frozenset()  # problems that cannot be avoided beside it

    def __str__(self):
        return f"{self.where} {self.says}"


def error(where, says, rows=1, shows="", also=(), **tables):
    return Broken(where, says, "error", tables, rows, shows, frozenset(also))


def warning(where, says, rows=1, shows="", also=(), **tables):
    return Broken(where, says, "warning", tables, rows, shows, frozenset(also))


CASES = [
    # identity of rows and records
    error("homes.", "table has no rows", 0, homes=[], also={"stays.home_id"}),
    error("residents.", "table has no rows", 0, residents=[], also={"stays.resident_id"}),
    error("stays.", "table has no rows", 0, stays=[], also={"homes.home_id", "residents.resident_id"}),
    error("events.record_id", "retracted row without a record_id", events=[event(retracted=True)]),
    error("stays.record_id", "retracted row without a record_id", stays=[STAY, STAY | {"retracted": True}]),
    error(
        "events.record_id",
        "record under two residents",
        2,
        residents=[RESIDENT, R2],
        stays=[STAY, STAY2],
        events=[event(source="gp", record_id="7"), event(source="gp", record_id="7", resident_id="r2")],
        shows="record_id 7",
    ),
    error(
        "home_events.record_id",
        "record under two homes",
        2,
        homes=[HOME, HOME | {"home_id": "h2"}],
        stays=[STAY, STAY2 | {"home_id": "h2"}],
        residents=[RESIDENT, R2],
        home_events=[home_event(record_id="7"), home_event(record_id="7", home_id="h2")],
    ),
    warning(
        "spells.spell_id",
        "spell_id under two residents",
        2,
        residents=[RESIDENT, R2],
        stays=[STAY, STAY2],
        spells=[spell(), spell(resident_id="r2")],
    ),
    warning("events.", "exact repeat of another row", events=[event(text="hall"), event(text="hall"), event()]),
    warning("spells.", "exact repeat of another row", 2, spells=[spell()] * 3),
    # order in time
    error("spells.discharged_at", "ends before it starts", spells=[spell(discharged_at="2025-06-01")]),
    error(
        "stays.moved_out",
        "ends before it starts",
        stays=[STAY | {"moved_out": "2024-12-01", "moved_out_recorded_at": "2025-02-01"}],
    ),
    warning("objections.to", "ends before it starts", objections=[objection(to="2025-06-01")]),
    error(
        "residents.date_of_birth",
        "birth after death",
        residents=[DIED | {"date_of_birth": "2025-06-03"}],
        events=[LATER],
        also={"stays.moved_in", "events.time"},
    ),
    error(
        "residents.date_of_birth",
        "birth in the future",
        residents=[RESIDENT | {"date_of_birth": "2038-07-14"}],
        events=[event()],
        also={"stays.moved_in", "events.time"},
    ),
    warning("events.time", "before birth", events=[event(time="1900-01-01")], shows="1900-01-01"),
    warning("spells.admitted_at", "before birth", spells=[spell(admitted_at="1900-01-01")]),
    warning("stays.moved_in", "before birth", stays=[STAY | {"moved_in": "1900-01-01"}]),
    warning("events.time", "more than a day after death", residents=[DIED], events=[event(time="2025-06-02T00:01")]),
    warning("spells.admitted_at", "more than a day after death", residents=[DIED], spells=[spell()]),
    warning(
        "stays.moved_in",
        "more than a day after death",
        residents=[DIED | {"died_on": "2025-01-01", "died_recorded_at": "2025-01-02"}],
    ),
    warning("events.recorded_at", "recorded before it happened", events=[event(recorded_at="2025-06-02"), LATER]),
    warning("home_events.recorded_at", "recorded before", home_events=[MIDNIGHT], events=[LATER]),
    warning("residents.died_recorded_at", "recorded before", residents=[FORETOLD], spells=[spell(**MAY)]),
    warning("spells.recorded_at", "recorded before it happened", spells=[spell(recorded_at="2025-06-02T09:59")]),
    warning("spells.discharge_recorded_at", "recorded before", spells=[EARLY], events=[LATER]),
    warning(
        "spells.coded_at", "recorded before", spells=[spell(coded_at="2025-06-01", primary_diagnosis="N390")]
    ),
    warning(
        "events.time",
        "in the future",
        events=[event(), event(time="2052-06-02", recorded_at="2025-06-02")],
        shows="2052-06-02",
        also={"events.recorded_at"},
    ),
    warning(
        "home_events.time",
        "in the future",
        home_events=[home_event(), home_event(time="2052-06-02", recorded_at="2025-06-02")],
        also={"home_events.recorded_at"},
    ),
    warning(
        "spells.admitted_at",
        "in the future",
        spells=[spell(), OPEN | {"spell_id": "s2", "admitted_at": "2025-07-02"}],
        also={"spells.recorded_at"},
    ),
    warning(
        "spells.discharged_at",
        "in the future",
        spells=[spell(discharged_at="2025-07-02")],
        also={"spells.discharge_recorded_at"},
    ),
    warning(
        "residents.died_on",
        "in the future",
        residents=[DIED | {"died_on": "2052-01-01"}],
        events=[event()],
        also={"residents.died_recorded_at"},
    ),
    warning(
        "spells.discharged_at",
        "still open after 60 days",
        spells=[OPEN],
        events=[LATER],
    ),
    # who was where
    warning(
        "stays.moved_in",
        "begins during another stay",
        homes=[HOME, HOME | {"home_id": "h2"}],
        stays=[STAY, STAY | {"home_id": "h2", "moved_in": "2025-02-03", "recorded_at": "2025-02-04"}],
        shows="h2, 2025-02-03",
    ),
    warning(
        "events.time",
        "after leaving",
        stays=[STAY | {"moved_out": "2025-05-01", "moved_out_recorded_at": "2025-05-02"}],
        events=[event(), event(time="2025-05-01T18:00", recorded_at="2025-05-02")],
    ),
    warning("residents.resident_id", "resident without any stay", residents=[RESIDENT, R2], shows="r2"),
    warning("homes.home_id", "home without residents", homes=[HOME, HOME | {"home_id": "h2"}], shows="h2"),
    # content
    warning("events.code", "unknown code", events=[event(code="Falls")], shows="nearest 'fall'"),
    warning("events.code", "unknown code", events=[event(code="SNOMD:217082002")], shows="'SNOMED:217082002'"),
    warning("events.code", "unknown code", events=[event(code="outbreak")], shows="other table"),
    warning("home_events.code", "unknown code", home_events=[home_event(code="out_break")], shows="'outbreak'"),
    warning("events.value", "impossible weight", events=[event(code="weight_kg", value="552")], shows="value 552"),
    warning("events.value", "impossible temperature, outside 30 to 43", events=[event(code="SCT:386725007", value=98)]),
    warning("home_events.value", "impossible occupancy", home_events=[home_event(code="occupancy", value="93")]),
    warning(
        "events.unit",
        "haemoglobin in another unit than g/l",
        events=[event(code="haemoglobin", value="112", unit="g/dl")],
        shows="unit g/dl",
    ),
    warning("spells.primary_diagnosis", "with a dot", spells=[spell(primary_diagnosis="N39.0", coded_at="2025-07-01")]),
    warning(
        "spells.primary_diagnosis",
        "not an ICD-10 code",
        spells=[spell(primary_diagnosis="UTI", coded_at="2025-07-01")],
    ),
    warning("spells.secondary_diagnoses", "with a dot", spells=[spell(secondary_diagnoses="F03X;N39.0; E11.9")]),
    warning("spells.secondary_diagnoses", "not an ICD-10 code", spells=[spell(secondary_diagnoses="F03X;42731")]),
    error("identities.nhs_number", "not valid", 2, identities=[identity(nhs_number=n) for n in ("9990000019", "12")],
          also={"identities.resident_id"}),
    error(
        "residents.resident_id",
        "ids are NHS numbers",
        residents=[RESIDENT | {"resident_id": "9990000018"}],
        stays=[STAY | {"resident_id": "9990000018"}],
        shows="(masked)",
    ),
    # recording times
    warning("events.recorded_at", "recording times missing", events=[event(recorded_at=None)]),
    warning("stays.recorded_at", "recording times missing", stays=[STAY | {"recorded_at": None}]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_rule_names_what_breaks_it_and_nothing_else(case):
    problems = of(**case.tables)
    hits = [p for p in problems if f"{p.table}.{p.column}" == case.where and case.says in p.rule]
    assert [(p.severity, p.rows) for p in hits] == [(case.severity, case.rows)], problems
    assert case.shows in hits[0].example + hits[0].hint
    assert hits[0].hint
    others = {f"{p.table}.{p.column}" for p in problems if p not in hits}
    assert others == case.also


def test_no_rule_of_time_or_content_is_without_its_case():
    rules, hit = (*time_rules(), *value_rules()), set()
    for case in CASES:
        read = typed(case.tables)
        tables = Tables(read, last([ends(read)]))
        hit |= {rule.name for rule in rules if list(rule.find(tables))}
    assert {rule.name for rule in rules} - hit == set()


COLUMNS = [(t.name, c) for t in TABLES.values() for c in t.columns]


@pytest.mark.parametrize("table", list(TABLES))
def test_every_required_column_must_be_filled(table):
    needed = [c for c in TABLES[table].columns if c.required]
    rows = [FULL[table] | {c.name: empty} for c in needed for empty in (None, " ") if not empty or c.kind == "text"]
    problems = of(**{n: [r] for n, r in FULL.items()} | {table: rows})
    empty = {p.column: (p.severity, p.rows) for p in problems if p.rule == "required value is empty"}
    assert empty == {c.name: ("error", 2 if c.kind == "text" else 1) for c in needed}


@pytest.mark.parametrize(("table", "column"), [(t, c.name) for t, c in COLUMNS if c.required])
def test_every_required_column_must_be_there(table, column):
    read = {n: pa.table({c.name: pa.nulls(0, c.type) for c in t.columns}) for n, t in TABLES.items()}
    missing = Problem(table, column, "required column is missing", "error", 0)
    report = inspect(read, [missing])
    assert missing in report.errors
    left_out = next(p for p in report.warnings if p.rule == "rules not checked")
    assert (left_out.table, left_out.column) == (table, column)
    assert f"{table}.{column} is filled" in left_out.hint


@pytest.mark.parametrize(("table", "column"), [(t, c.name) for t, c in COLUMNS if c.allowed])
def test_every_closed_list_is_held(table, column):
    right = sorted(TABLES[table].column(column).allowed)[-1]
    rows = [FULL[table] | {column: f"{right}_"}]
    problem = next(p for p in of(**{n: [r] for n, r in FULL.items()} | {table: rows}) if p.column == column)
    assert (problem.rule, problem.severity, problem.rows) == ("value is not allowed", "error", 1)
    assert f"{right}_" in problem.example
    assert "Allowed:" in problem.hint


@pytest.mark.parametrize(("table", "column"), [(t, c.name) for t, c in COLUMNS if c.low is not None])
def test_every_limit_of_a_number_is_held(table, column):
    limits = TABLES[table].column(column)
    values = (limits.low, limits.high, limits.low - 1, limits.high + 1)
    problems = of(**{table: [FULL[table] | {column: value} for value in values]})
    assert [(p.severity, p.rows) for p in problems if p.column == column] == [("warning", 2)]


@pytest.mark.parametrize("table", [t.name for t in TABLES.values() if t.key])
def test_every_key_is_there_once(table):
    key = TABLES[table].key[0]
    problems = of(**{table: [FULL[table]] * 3})
    assert [(p.column, p.rule, p.rows) for p in problems if p.table == table] == [(key, "duplicate key", 2)]


@pytest.mark.parametrize(("table", "id_"), [(t.name, id_) for t in TABLES.values() for id_ in t.refers])
def test_every_id_must_resolve(table, id_):
    rows = [FULL[table] | {id_: "nobody"}]
    problems = [p for p in of(**{n: [r] for n, r in FULL.items()} | {table: rows}) if p.severity == "error"]
    assert [(p.table, p.column, p.rows) for p in problems] == [(table, id_, 1)]
    assert problems[0].rule.startswith("not among ")
    assert ("nobody" in problems[0].example) == (table != "identities")


@pytest.mark.parametrize("table", [t.name for t in TABLES.values() if not t.key])
def test_every_dated_table_is_searched_for_repeats(table):
    repeats = [(p.table, p.rows) for p in of(**{table: [FULL[table]] * 3}) if p.rule.startswith("exact repeat")]
    assert repeats == [(table, 2)]


@pytest.mark.parametrize("table", ["home_events", "stays", "events", "objections"])
def test_every_record_has_one_owner_and_is_withdrawn_by_its_id(table):
    owner, others = ("home_id", "homes") if table == "home_events" else ("resident_id", "residents")
    mine = FULL[table] | {"record_id": "7"}
    rows = [mine, mine | {owner: "other"}, FULL[table] | {"retracted": True}]
    problems = of(**{others: [FULL[others], FULL[others] | {owner: "other"}], table: rows})
    errors = {p.rule: p.rows for p in problems if p.severity == "error"}
    assert errors == {f"record under two {others}": 2, "retracted row without a record_id": 1}


def test_a_wrong_value_is_told_with_the_nearest_right_one():
    home, wrong = HOME | {"home_type": "Residental"}, spell(admission_method="2a")
    hints = [p.hint for p in of(homes=[home], spells=[wrong])]
    assert "did you mean 'residential'?" in hints[0]
    assert "did you mean '2A'?" in hints[1]


@pytest.mark.parametrize(
    ("word", "meant"),
    [("Falls", "fall"), ("weight-kg", "weight_kg"), ("NEWS2", "news2"), ("xyz", "")],
)
def test_the_nearest_known_name(word, meant):
    assert nearest(word, {"fall", "weight_kg", "news2"}) == meant


def test_all_problems_are_told_at_once_and_rules_that_cannot_be_tried_are_named(tmp_path):
    write_history(
        tmp_path,
        homes=[HOME | {"home_type": "Care Home"}],
        residents=[RESIDENT, RESIDENT | {"sex": "W"}],
        spells=[spell(admitted_at="yesterday")],
        events=[event(resident_id="r9"), event(value="12 kg"), event(code="fal")],
    )
    (tmp_path / "stays.parquet").unlink()
    report = check(tmp_path)
    assert {(p.table, p.column, p.rule) for p in report.errors} == {
        ("homes", "home_type", "value is not allowed"),
        ("residents", "resident_id", "duplicate key"),
        ("residents", "sex", "value is not allowed"),
        ("stays", "", "table is missing"),
        ("spells", "admitted_at", "not a time"),
        ("events", "resident_id", "not among residents"),
        ("events", "value", "not a number"),
    }
    left_out = {(p.table, p.column): p.hint for p in report.warnings if p.rule == "rules not checked"}
    assert set(left_out) == {("stays", ""), ("spells", "admitted_at"), ("events", "value")}
    assert "stays do not overlap" in left_out["stays", ""]
    assert "events.value is possible for its code" in left_out["events", "value"]
    with pytest.raises(HistoryError) as refused:
        report.raise_on_error()
    assert refused.value.exit_code == 3
    assert refused.value.problems == report.errors
    assert all(p.severity == "error" for p in report.problems[: len(report.errors)]), "errors come first"


def test_a_folder_without_any_table_is_a_report_and_no_crash(tmp_path):
    report = check(tmp_path / "nowhere")
    assert {p.table for p in report.errors} == {t.name for t in TABLES.values() if not t.optional}
    assert report.first is None
    assert report.feeds == ()


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"resident_id,time,code\nr1,2025-06-02,fall,too,many\n",
        b"resident_id,resident_id\nr1,r1\n",
        b"t\xe9l,x\n1,2\n",
    ],
    ids=["empty", "ragged", "a column twice", "not UTF-8"],
)
def test_files_that_cannot_be_read_are_problems(bytes_, tmp_path):
    write_history(tmp_path)
    (tmp_path / "events.parquet").unlink()
    (tmp_path / "events.csv").write_bytes(bytes_)
    problems = check(tmp_path).errors
    assert [(p.table, p.rule) for p in problems] == [("events", "cannot be read")]
    assert "too,many" not in problems[0].hint


def test_no_name_or_nhs_number_enters_a_report(tmp_path):
    write_history(tmp_path, identities=[identity(), identity(nhs_number="9990000019"), identity(family_name="")])
    with (tmp_path / "identities.csv").open("w") as stream:
        stream.write("resident_id,nhs_number,given_name,family_name\nr1,9990000019,Invented,Person\n,,Other,Body,x\n")
    for _ in ("parquet", "csv"):
        text = json.dumps(check(tmp_path).as_dict())
        assert "identities" in text
        assert not [w for w in ("Invented", "Person", "Other", "Body", "999000") if w in text]
        (tmp_path / "identities.parquet").unlink(missing_ok=True)


@pytest.mark.parametrize("table", ["stays", "events", "objections", "spells"])
def test_a_record_that_moved_to_another_resident_has_one_owner(table):
    """As the contract says: withdrawn of the one, told anew of the other."""
    said, later = FULL[table] | {"record_id": "7"}, {"recorded_at": "2025-08-01"}
    rows = [said, said | later | {"retracted": True}, said | later | {"resident_id": "r2"}]
    problems = of(residents=[RESIDENT, R2], **{"stays": [STAY, STAY2], table: rows})
    assert not [p.rule for p in problems if p.rule.endswith("under two residents")]
    back = said | {"recorded_at": "2025-09-01"}
    problems = of(residents=[RESIDENT, R2], **{"stays": [STAY, STAY2], table: [*rows, back]})
    assert [p.rows for p in problems if p.rule.endswith("under two residents")] == [2]


def test_corrected_versions_are_judged_by_their_last_word():
    wrong = spell(discharged_at="2025-06-01", recorded_at="2025-06-03")
    right = spell(recorded_at="2025-06-10")
    assert not of(spells=[wrong, right])
    other = STAY | {"moved_in": "2025-02-03", "recorded_at": "2025-02-04", "record_id": "a"}
    withdrawn = other | {"recorded_at": "2025-02-05", "retracted": True}
    assert not of(stays=[STAY, other, withdrawn])


def test_moving_on_the_same_day_is_no_overlap_and_the_last_day_is_still_a_stay():
    first = STAY | {"moved_out": "2025-05-01", "moved_out_recorded_at": "2025-05-02"}
    then = STAY | {"moved_in": "2025-05-01", "recorded_at": "2025-05-01"}
    assert not of(stays=[first, then], events=[event()])
    last_day = event(time="2025-05-01T21:00", recorded_at="2025-05-02")
    assert not of(stays=[first], events=[last_day])


def test_between_two_stays_is_outside_and_within_a_longer_earlier_one_is_not():
    def moved(out, back):
        first = STAY | {"moved_out": out, "moved_out_recorded_at": out}
        return [first, STAY | {"moved_in": back, "recorded_at": back, "moved_out": "2025-04-01"}]

    between = of(stays=moved("2025-02-01", "2025-03-01"), events=[event(time="2025-02-15")])
    assert [p.rule for p in between if p.column == "time"] == ["after leaving, outside any stay"]
    inside = of(stays=moved("2025-12-01", "2025-03-01"), events=[event()])
    assert not [p for p in inside if p.column == "time"]


def test_what_happened_before_the_first_move_in_is_history_and_counted_apart(tmp_path):
    before = event(time="2024-06-02", recorded_at="2024-06-03")
    report = check(write_history(tmp_path, events=[before, event(), before | {"code": "dementia"}]))
    assert report.problems == ()
    assert report.before_move_in == 2


def test_open_spells_of_the_dead_and_recent_ones_are_not_chased():
    dead = RESIDENT | {"died_on": "2025-06-20", "died_recorded_at": "2025-06-21"}
    home_later = home_event(time="2025-12-01T10:00", recorded_at="2025-12-01T12:00")
    assert not of(residents=[dead], spells=[OPEN], home_events=[home_later])
    soon = event(time="2025-07-25", recorded_at="2025-07-26")
    assert not of(spells=[OPEN], events=[soon])


def test_units_are_the_same_in_any_of_their_spellings():
    same = [("weight_kg", "Kg"), ("temperature", "°C"), ("systolic_bp", "mm[Hg]"), ("news2", "{score}"),
            ("fluid_intake_ml", "mL"), ("egfr", "mL/min/1.73m2"), ("pulse", "/min")]  # fmt: skip
    values = {"systolic_bp": 120, "news2": 3}
    rows = [event(code=code, unit=unit, value=values.get(code, 40)) for code, unit in same]
    assert not of(events=rows)
    # A unit without a value says nothing.
    assert not of(events=[event(code="weight_kg", unit="lb")])
    assert [p.column for p in of(events=[event(code="weight_kg", unit="lb", value=121)])] == ["unit"]


def test_the_report_tells_what_each_feed_covers(tmp_path):
    rows = [event(), event(code="news2", value=3, time="2025-06-09T10:00", recorded_at="2025-06-09T10:05")]
    report = check(
        write_history(tmp_path, events=[*rows, event(code="gp_contact", recorded_at=None)], spells=[spell()])
    )
    feeds = {f.name: f for f in report.feeds}
    assert set(feeds) == {"care_record", "gp", "hospital"}
    assert feeds["care_record"].rows == 2
    assert feeds["care_record"].last.isoformat() == "2025-06-09T09:00:00+00:00"
    assert feeds["care_record"].recorded.isoformat() == "2025-06-09T09:05:00+00:00"
    assert feeds["gp"].recorded is None
    assert report.first.isoformat() == "2025-06-02T09:00:00+00:00"
    assert report.last == feeds["care_record"].last
    assert dict(report.assumed) | {"events": 1} == dict(report.assumed)
    assert json.loads(json.dumps(report.as_dict()))["feeds"][0]["first"] == "2025-06-02T09:00:00+00:00"


def test_unknown_codes_are_listed_commonest_first(tmp_path):
    rows = [event(code="zzz", text=str(i)) for i in range(3)] + [event(code="newss2")]
    report = check(write_history(tmp_path, events=rows))
    assert [(u.code, u.rows, u.nearest) for u in report.unknown_codes] == [("zzz", 3, ""), ("newss2", 1, "news2")]
    assert [(p.rule, p.rows) for p in report.problems] == [("unknown code (2 different)", 4)]


def test_without_recordings_nothing_is_called_the_future():
    rows = [event(recorded_at=None), LATER | {"recorded_at": None}]
    assert [p.rule for p in of(events=rows)] == ["recording times missing"]


@pytest.mark.parametrize("text", ["9990000018", "999 000 0018", "999-000-0018"])
def test_nhs_numbers_are_recognised_by_their_check_digit(text):
    assert looks_valid(text)
    assert not looks_valid(text[:-1] + "7")


@pytest.mark.parametrize("text", ["", "0000000000", "999000001", "99900000180", "r1"])
def test_other_texts_are_no_nhs_numbers(text):
    assert not looks_valid(text)


def test_every_rule_of_the_contract_has_a_name_of_its_own():
    names = [rule.name for rule in (*shape_rules(), *time_rules(), *value_rules())]
    assert len(names) == len(set(names))
