"""Monitoring as people run it, what it leaves, and how it stands in the way of that Monday's lists."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Site
from example_list import AS_OF as LISTED_ON
from example_list import example
from histories import RESIDENT, STAY, history_of

from features.asof import instant
from features.code_counts import code_counts
from features.history import digest
from features.problems import HeldBack
from flows import steps_monitor, steps_weekly
from flows.settings import load
from serving.past_lists import Known, in_hospital, list_weeks, published_weeks
from serving.render.json import json as list_json

MONDAY = date(2026, 11, 16)


def _job(site: Site) -> dict[str, str]:
    job = {"as_of": str(MONDAY), "history": "", "published": "", "backdated": ""}
    return job | {"settings": str(site.settings), "work": str(site.folder / "var" / "work")}


def test_a_monday_is_watched_and_what_it_says_holds_its_lists_back(site, tmp_path):
    here = site.twin(tmp_path)
    done = here.run("monitor", "--json")
    assert done.code == (4 if done.json["status"] == "hold back" else 0), done.err
    folder = Path(done.json["folder"])
    assert folder == here.folder / "var" / "work" / "monitoring" / str(MONDAY)
    report = json.loads((folder / "report.json").read_text())
    assert report["made_from"]["history_digest"] == digest(here.history)
    looked = {part["part"]: part for part in report["looked"]}
    assert looked["inputs"]["things"] > 100
    assert looked["outcomes"]["cannot"].startswith("too few outcomes")
    page = (folder / "index.html").read_text()
    assert "<script" not in page
    assert page.count("<h1") == 1
    assert page.count("<svg") == 1
    residents = pq.read_table(here.history / "residents.parquet")["resident_id"].to_pylist()
    for path in folder.iterdir():
        assert not any(who in path.read_text() for who in residents)

    calm = {**report, "signals": []}
    (folder / "report.json").write_text(json.dumps(calm))
    steps_weekly.plan_weekly(_job(here))
    held = {**report, "signals": [{"action": "hold back", "sentence": "weights are higher"}]}
    (folder / "report.json").write_text(json.dumps(held))
    with pytest.raises(HeldBack, match="monitoring: weights are higher"):
        steps_weekly.plan_weekly(_job(here))


@pytest.mark.parametrize(("required", "says"), [(False, ()), (True, ("run `homeround monitor`", "again"))])
def test_a_monday_nobody_watched_is_held_only_where_watching_is_required(tmp_path, monkeypatch, required, says):
    monkeypatch.setenv("HOMEROUND_MONITORING__REQUIRED", str(required))
    (tmp_path / "homeround.toml").write_text("")
    settings = load(tmp_path / "homeround.toml")
    unseen = steps_monitor.monitoring_holds(settings, MONDAY, "one")
    folder = steps_monitor.report_folder(settings, MONDAY)
    folder.mkdir(parents=True)
    record = {
        "made_from": {"history_digest": "another"},
        "signals": [{"action": "hold back", "sentence": "all is new"}],
    }
    (folder / "report.json").write_text(json.dumps(record))
    other = steps_monitor.monitoring_holds(settings, MONDAY, "one")
    assert [len(unseen), len(other)] == [len(says) // 2] * 2
    assert all(word in reason for word, reason in zip(says, (*unseen, *other), strict=True))


def _hours(day: date, hours: int) -> datetime:
    """So many hours after the midnight with which a day begins in London."""
    return datetime.fromtimestamp(instant(day) / 1e6, UTC) + timedelta(hours=hours)


def _publish(folder: Path, as_of: date, **changes) -> None:
    one = replace(example(), as_of=as_of, **changes)
    path = folder / as_of.isoformat() / "r1" / "team" / "list.json"
    path.parent.mkdir(parents=True)
    path.write_text(list_json(one), encoding="utf-8")


def test_published_lists_are_followed_and_those_made_in_hindsight_are_not(tmp_path):
    _publish(tmp_path, LISTED_ON - timedelta(days=14), backdated=True)
    _publish(tmp_path, LISTED_ON - timedelta(days=7))
    _publish(tmp_path, LISTED_ON)
    weeks = published_weeks(tmp_path, LISTED_ON, 10)
    assert len(weeks) == 3
    listed = [entry.resident_id for entry in example().section("listed")]
    homes = [home for home, _ in example().team.homes]
    first = weeks[1]
    label = {(who, first): float(i == 0) for i, who in enumerate(listed)}
    known = Known(label, {(homes[0], first): 3.0}, frozenset([first]))
    gone = {"resident_id": listed[0], "died_on": _hours(weeks[0], 0)}
    history = history_of(
        tmp_path / "history", residents=[{**RESIDENT, **gone}], stays=[{**STAY, "resident_id": listed[0]}]
    )
    before, now = list_weeks(tmp_path, weeks, history, known)
    assert (before.judged, before.admitted, before.events) == (len(listed), 1.0, 3.0)
    assert before.sensitivity == pytest.approx(1 / 3)
    assert before.expected == pytest.approx(sum(e.risk or 0 for e in example().section("listed")))
    assert np.isnan(before.stayed)
    assert (now.stayed, now.judged, now.gone) == (len(listed), 0, 1)
    assert np.isnan(now.events)
    assert np.isnan(now.sensitivity)


def test_who_was_in_hospital_is_told_by_later_records(tmp_path):
    day = date(2025, 3, 3)

    def spell(who: str, begun: int, ended: int | None) -> dict:
        return {"spell_id": who, "resident_id": who, "admitted_at": _hours(day, begun), "admission_method": "21",
                "discharged_at": None if ended is None else _hours(day, ended)}  # fmt: skip

    spells = [spell("in", -5, 30), spell("out", -50, -2), spell("later", 3, 9), spell("open", -30, None),
              spell("lost", -24 * 70, None)]  # fmt: skip
    people = [{**RESIDENT, "resident_id": s["resident_id"]} for s in spells]
    assert in_hospital(history_of(tmp_path, residents=people, spells=spells), day) == {"in", "open"}


def test_codes_are_counted_as_their_monday_knew_them(tmp_path):
    day = date(2025, 3, 3)

    def event(code: str, hours: int, recorded: int) -> dict:
        at = {"time": _hours(day, hours), "recorded_at": _hours(day, recorded)}
        return {"resident_id": RESIDENT["resident_id"], "code": code, **at}

    events = [event("fall", -5, -4), event("fall", -5, 5), event("fall", -6, 7), event("fall", -200, -190),
              event("X:1", -30, -20), event("fall", 1, 2)]  # fmt: skip
    found = code_counts(
        history_of(tmp_path, events=events), (day - timedelta(days=7), day), grace=6 * 3_600_000_000
    ).counts
    concepts, counts = found["concept"]
    assert counts[concepts.index("fall")].tolist() == [1, 2]
    assert found["unknown code"][0] == ("X:1",)
    assert dict(zip(found["code system"][0], found["code system"][1][:, 1].tolist(), strict=True)) == {
        "X": 1,
        "names of concepts": 2,
    }
