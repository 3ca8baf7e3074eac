"""The exposure log: every revision that was shown, what followed within its span, and only what was known."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from histories import HOME, RESIDENT, STAY, history_of

from features.history import History
from models import exposed
from serving.exposure import ACTIONS, DAYS, REVIEWS, SCHEMA, exposure_log, listings, objectors, without, write_log
from serving.holdout import Withheld, record_file, write_withheld
from serving.manifest import Made, Report, read
from serving.publish import publish
from serving.rows import Entry, Section, Team, Watchlist

MONDAY = date(2026, 9, 7)
UNTIL = MONDAY + timedelta(days=60)
TEAM = Team("round-h1", "Elm House home round", "round", 5, (("h1", "Elm House"),))


def entry(resident: str, section: Section = "listed", rank: int | None = 1, risk: float | None = 0.2) -> Entry:
    return Entry(resident, "h1", "Elm House", 88, "F", section, rank, risk)


def watchlist(*entries: Entry, as_of: date = MONDAY, team: Team = TEAM, backdated: bool = False) -> Watchlist:
    return Watchlist(
        team, as_of, as_of - timedelta(days=1), 28, "admission", "1", "champion", date(2026, 1, 1), 0.1, 0.2, 1.0, 9, 0,
        entries, backdated=backdated,
    )  # fmt: skip


def put(folder: Path, *lists: Watchlist, inputs: str = "a") -> Path:
    made = Made({"history": inputs * 64}, "b" * 64, "c" * 64, {"version": "1"})
    return publish(folder / "published", lists[0].as_of, lists, (), made, Report()).folder


def event(resident: str, days: float, code: str, recorded: float | None = None) -> dict[str, object]:
    """So many days after MONDAY at noon; recorded an hour later unless said otherwise."""
    late = days if recorded is None else recorded
    at, told = (f"{MONDAY + timedelta(days=int(d))}T{hour}:00" for d, hour in ((days, 12), (late, 13)))
    return {"resident_id": resident, "time": at, "code": code, "recorded_at": told}


def history(folder: Path, *events: dict[str, object], **more: list) -> History:
    people = [RESIDENT | {"resident_id": f"r{i}"} for i in range(4)]
    stays = [STAY | {"resident_id": f"r{i}"} for i in range(4)]
    return history_of(folder / "history", homes=[HOME], residents=people, stays=stays, events=list(events), **more)


def log_of(folder: Path, *events: dict[str, object], until: date = UNTIL) -> pa.Table:
    return exposure_log(folder / "published", lambda _: history(folder, *events), until, withheld=folder / "holdout")


def by_resident(log: pa.Table) -> dict[str, dict]:
    return {row["resident_id"]: row for row in log.to_pylist()}


def test_each_resident_on_a_list_has_a_row_with_place_and_what_followed(tmp_path):
    put(tmp_path, watchlist(entry("r0"), entry("r1", "below", 2, 0.1), entry("r2", "in_hospital", None, None)))
    log = log_of(
        tmp_path, event("r0", 3, "home_round_review"), event("r0", 9, "care_plan"), event("r1", 5, "mdt_review")
    )
    assert log.schema == SCHEMA
    found = by_resident(log)
    assert [(found[r]["section"], found[r]["rank"], found[r]["risk"]) for r in ("r0", "r1", "r2")] == [
        ("listed", 1, 0.2), ("below", 2, 0.1), ("in_hospital", None, None),
    ]  # fmt: skip
    assert found["r0"]["home_round_review_on"] == found["r0"]["reviewed_on"] == MONDAY + timedelta(days=3)
    assert found["r0"]["care_plan_on"] == MONDAY + timedelta(days=9)
    assert found["r0"]["mdt_review_on"] is None
    assert found["r1"]["reviewed_on"] == MONDAY + timedelta(days=5)
    assert not any(found["r2"][f"{action}_on"] for action in ACTIONS)
    assert {(row["team_id"], row["revision"], row["superseded"], row["withheld"]) for row in found.values()} == {
        ("round-h1", 1, False, False)
    }


@pytest.mark.parametrize(("day", "counts"), [(-1, False), (0, True), (DAYS - 1, True), (DAYS, False)])
def test_what_is_done_counts_from_the_monday_for_28_days(day, counts, tmp_path):
    put(tmp_path, watchlist(entry("r0")))
    (row,) = log_of(tmp_path, event("r0", day, "mdt_review")).to_pylist()
    assert row["reviewed_on"] == (MONDAY + timedelta(days=day) if counts else None)


def test_only_what_was_recorded_by_then_is_known(tmp_path):
    put(tmp_path, watchlist(entry("r0"), entry("r1")))
    late = (event("r0", 3, "mdt_review", recorded=20), event("r1", 3, "mdt_review", recorded=4))
    found = by_resident(log_of(tmp_path, *late, until=MONDAY + timedelta(days=10)))
    assert found["r0"]["reviewed_on"] is None
    assert found["r1"]["reviewed_on"] == MONDAY + timedelta(days=3)
    assert {row["followed_days"] for row in found.values()} == {11}
    assert by_resident(log_of(tmp_path, *late))["r0"]["reviewed_on"] == MONDAY + timedelta(days=3)
    assert by_resident(log_of(tmp_path))["r0"]["followed_days"] == DAYS
    assert log_of(tmp_path, until=MONDAY - timedelta(days=1)).num_rows == 0


def test_who_stood_on_a_list_that_was_corrected_was_shown(tmp_path):
    put(tmp_path, watchlist(entry("r0"), entry("r1", "below", 2)))
    put(tmp_path, watchlist(entry("r1"), entry("r2", "below", 2)), inputs="d")
    rows = log_of(tmp_path).to_pylist()
    assert [(row["resident_id"], row["revision"], row["superseded"], row["section"]) for row in rows] == [
        ("r0", 1, True, "listed"), ("r1", 1, True, "below"), ("r1", 2, False, "listed"), ("r2", 2, False, "below"),
    ]  # fmt: skip
    assert listings(log_of(tmp_path))["resident_id"].to_pylist() == ["r0", "r1"]


def test_lists_made_in_hindsight_showed_nobody(tmp_path):
    put(tmp_path, watchlist(entry("r0"), backdated=True))
    assert log_of(tmp_path).num_rows == 0
    assert log_of(tmp_path / "nothing").schema == SCHEMA


def test_those_withheld_are_recorded_as_withheld_and_not_as_listed(tmp_path):
    folder = put(tmp_path, watchlist(entry("r0")))
    kept = [
        Withheld(who, "h1", team, "round", MONDAY, "listed", 2, 0.19)
        for who, team in (("r1", "round-h1"), ("r2", "held-back"))
    ]
    made = read(folder)["made_from"]["digest"]
    write_withheld(record_file(tmp_path / "holdout", "a study", MONDAY, made), kept)
    log = log_of(tmp_path, event("r1", 4, "mdt_review"))
    found = by_resident(log)
    assert (found["r1"]["withheld"], found["r1"]["rank"], found["r1"]["section"]) == (True, 2, "listed")
    assert found["r1"]["reviewed_on"] == MONDAY + timedelta(days=4)
    assert "r2" not in found
    assert listings(log)["resident_id"].to_pylist() == ["r0"]


def test_equals_a_plain_loop_over_records(tmp_path):
    rng = np.random.default_rng(5)
    codes = [*ACTIONS, "fall"]
    done = [
        event(f"r{rng.integers(4)}", int(rng.integers(-20, 70)), codes[rng.integers(len(codes))]) for _ in range(90)
    ]
    for week in range(4):
        some = [entry(f"r{i}", rank=i) for i in range(4) if rng.random() < 0.7]
        put(tmp_path, watchlist(*some, as_of=MONDAY + timedelta(weeks=week)))
    log = log_of(tmp_path, *done)
    assert log.num_rows > 6
    for row in log.to_pylist():
        for action in ACTIONS:
            days = [
                date.fromisoformat(str(one["time"])[:10]) for one in done
                if one["resident_id"] == row["resident_id"] and one["code"] == action
            ]  # fmt: skip
            after = [d for d in days if row["as_of"] <= d < row["as_of"] + timedelta(days=DAYS)]
            assert row[f"{action}_on"] == min(after, default=None)
        reviews = [row[f"{action}_on"] for action in REVIEWS if row[f"{action}_on"]]
        assert row["reviewed_on"] == min(reviews, default=None)


def test_who_objects_is_left_out_from_the_day_the_objection_stands_until_it_ends(tmp_path):
    put(tmp_path, watchlist(entry("r0"), entry("r1"), entry("r2"), entry("r3")))
    day = f"{MONDAY}T00:00"
    against = [
        {"resident_id": "r0", "kind": "local", "from": day, "recorded_at": day},
        {"resident_id": "r1", "kind": "local", "from": day, "to": f"{MONDAY + timedelta(days=5)}", "recorded_at": day},
        {"resident_id": "r2", "kind": "type_1", "from": day, "recorded_at": day},
    ]
    made = history(tmp_path, objections=against)
    who = objectors(made, {"local"}, UNTIL)
    assert who == {"r0"}
    assert objectors(made, {"local"}, MONDAY) == {"r0", "r1"}
    assert objectors(made, {"local"}, MONDAY - timedelta(days=1)) == frozenset()
    log = exposure_log(tmp_path / "published", lambda _: made, UNTIL, withheld=tmp_path)
    assert without(log, who)["resident_id"].to_pylist() == ["r1", "r2", "r3"]


def test_the_file_is_for_its_owner_alone(tmp_path):
    put(tmp_path, watchlist(entry("r0")))
    path = tmp_path / "work" / "exposure" / "log.parquet"
    write_log(path, log_of(tmp_path))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert pq.read_table(path).equals(log_of(tmp_path))


def test_a_matrix_can_be_told_of_it(tmp_path):
    """The log's columns are those that models/exposed.py reads, and both mean the same span."""
    assert DAYS == exposed.DAYS
    put(tmp_path, watchlist(entry("r0"), entry("r1")))
    rows = pa.table(
        {"resident_id": ["r0", "r1", "r2"], "as_of": pa.array([MONDAY + timedelta(days=7)] * 3, pa.date32())}
    )
    matrix = exposed.Matrix(rows, np.zeros((3, 1), np.float32), ("nothing",))
    found = exposed.with_exposure(matrix, listings(log_of(tmp_path, event("r0", 2, "mdt_review")))).rows
    assert found["exposure"].to_pylist() == ["reviewed", "listed", "neither"]
    assert found["listed_risk"].to_pylist() == [0.2, 0.2, None]


def test_a_place_added_by_a_person_counts_though_it_has_no_chance(tmp_path):
    put(tmp_path, watchlist(replace(entry("r0"), section="added", rank=None, risk=None)))
    assert listings(log_of(tmp_path))["risk"].to_pylist() == [None]
