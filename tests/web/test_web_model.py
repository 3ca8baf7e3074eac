"""The model page: what was kept is said in words, small numbers stay hidden, and nobody of the lists is named."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from example_list import identities, resident
from made_web import Made

from models.registry import Kept, LoadedInfo
from serving import model_view
from serving.model_files import Found, ModelFiles, Monitored
from serving.web.app import create_app

TAGS = {"horizon_days": "28", "delay_days": "42", "promoted_by": "Dr Lead", "promoted_reason": "better calibrated"}
INFO = LoadedInfo("m", 7, ("champion",), "run", date(2026, 5, 31), TAGS | {"promoted_at": "2026-11-02T09:00:00+00:00"})


def metric(name: str, view: str, value: float) -> dict[str, Any]:
    return {"name": name, "score": "model", "view": view, "value": value, "low": value - 0.01, "high": value + 0.01}


def tenth(n: int, events: int) -> dict[str, Any]:
    share = events / 100
    return {"bin": n, "n": 100, "events": events, "predicted": 0.2, "observed": share, "low": 0.14, "high": 0.23}


def group(name: str, measure: str, **given: Any) -> dict[str, Any]:
    row = {"dimension": "sex", "group": name, "measure": measure, "view": "all", "residents": 40, "value": 1.2}
    return row | {"low": 1.1, "high": 1.3, "flagged": False, "hidden": False} | given


EVALUATION = {
    "split": {"test": ["2026-07-13", "2026-07-20"]},
    "capacity": [["pcn", 10]],
    "metrics": [metric("ppv", "pcn", 0.23), metric("sensitivity", "pcn", 0.31), metric("calibration_slope", "all", 1.1)],
    "calibration": [tenth(1, 2), tenth(2, 6), tenth(3, 9), tenth(4, 18)],
    "curve": [{"view": "pcn", "score": s, "capacity": 10, "ppv": 0.2, "sensitivity": v} for s, v in
              (("model", 0.31), ("prior_admissions", 0.12), ("oracle", 0.5))],
}  # fmt: skip
FAIRNESS = {
    "summary": "2 comparisons were made.",
    "flags": ["Sex, F: outcomes are 1.2 times those expected."],
    "rules": {"least_residents": 10, "least_events": 5},
    "rows": [
        group("F", "observed_expected", flagged=True),
        group("F", "sensitivity", view="pcn", value=0.3, low=0.2, high=0.4),
        group("X", "observed_expected", hidden=True, value=None, residents=None),
        group("X", "sensitivity", hidden=True, value=None, view="pcn", residents=None),
    ],
}
VERDICT = {"version": 7, "verdict": "passed", "by": "Dr Lead", "reason": "better",
           "criteria": [{"words": "calibration slope 1.1", "passed": True}, {"words": "too few in a group", "passed": False}]}  # fmt: skip
KEPT = Kept(INFO, EVALUATION, FAIRNESS, (VERDICT,), {"calibration": "<svg/>"}, "<html>card</html>")
REPORT = {
    "model_version": "7",
    "action": "note",
    "signals": [{"part": "inputs", "action": "note", "sentence": "weights are missing more often"}],
    "looked": [{"part": "inputs", "things": 20, "found": 1, "cannot": ""},
               {"part": "lists", "things": 0, "found": 0, "cannot": "no list has been published yet"}],
}  # fmt: skip
MONITORED = Monitored(date(2026, 11, 16), REPORT, {"chart_pcn_admitted": "<svg id='chart'/>"})


def room(web: Made, tmp_path: Path, found: Found | None) -> Made:
    """The room with what was found, or with the registry of an empty folder."""
    files = ModelFiles(tmp_path / "runs", "m", tmp_path / "monitoring")
    if found:
        files._kept["found"] = (float("inf"), found)
    made = replace(web.room, model=files)
    return replace(web, app=create_app(made), room=made)


@pytest.fixture
def full(web: Made, tmp_path: Path) -> Made:
    return room(web, tmp_path, Found(KEPT, (INFO,), MONITORED))


def said(made: Made, role: str = "data_scientist") -> str:
    page = BeautifulSoup(made.client(role).get("/model").text, "html.parser")
    return re.sub(r"\s+", " ", page.get_text(" "))


def test_what_was_kept_is_said_in_natural_frequencies(full: Made) -> None:
    text = said(full)
    for words in (
        "of 100 residents listed, about 23 were admitted within 28 days and 77 were not",
        "Of every 100 admissions, 31 had been listed that week",
        "it said 20 in 100 on average; 18 in 100 (14 to 23) were admitted",
        "10 a week 31 of 100 12 of 100",
        "Sex: F 40 1.20 (1.10 to 1.30), differs",
        "Too few in a group",
        "Weights are missing more often",
        "No list has been published yet",
        "Results for lists after 9 September 2026 are not complete yet",
        "Dr Lead",
        "2 November 2026",
    ):
        assert words in text, words
    assert not re.search(r"champion|shap\b|log-?odds|percentile|oracle", text, re.I)


def test_small_numbers_are_hidden_and_cannot_be_worked_out() -> None:
    rows = model_view.calibration(KEPT).rows
    assert [row[3] == "Too few to show" for row in rows] == [True, True, False, False]  # the next smallest with it
    hidden = next(row for row in model_view.fairness(KEPT).rows if row[0] == "Sex: X")
    assert not re.search(r"\d", "".join(hidden))


def test_pictures_come_from_an_address_of_their_own(full: Made) -> None:
    client = full.client("mdt_lead")
    page = BeautifulSoup(client.get("/model").text, "html.parser")
    pictures = [str(image["src"]) for image in page.find_all("img")]
    assert pictures == ["/model/plots/calibration.svg", "/model/plots/monitoring-chart_pcn_admitted.svg"]
    for address in pictures:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert all(image.get("alt") for image in page.find_all("img"))
    assert client.get("/model/plots/nothing.svg").status_code == 404
    assert "attachment" in client.get("/model/card").headers["content-disposition"]


def test_what_is_not_there_is_said(web: Made, tmp_path: Path) -> None:
    assert "No model is in use. Run homeround train , then homeround promote" in said(room(web, tmp_path, None))
    bare = Found(Kept(INFO, None, None, (), {}, ""), (), None)
    text = said(room(web, tmp_path, bare))
    for words in ("The evaluation of this version was not kept", "Figures by group were not made",
                  "Monitoring has not looked yet", "No decision is recorded"):  # fmt: skip
        assert words in text, words


def test_the_latest_report_of_monitoring_is_read(tmp_path: Path) -> None:
    for day in ("2026-11-09", "2026-11-16"):
        folder = tmp_path / "monitoring" / day
        folder.mkdir(parents=True)
        (folder / "report.json").write_text(json.dumps(REPORT | {"as_of": day}))
    (tmp_path / "monitoring/2026-11-16/moves.svg").write_text("<svg/>")
    found = ModelFiles(tmp_path / "runs", "m", tmp_path / "monitoring").read()
    assert found.kept is None
    assert found.monitored
    assert (found.monitored.as_of, list(found.plots())) == (date(2026, 11, 16), ["monitoring-moves"])


def test_nobody_is_named_on_it(full: Made) -> None:
    page = full.client("data_scientist").get("/model").text
    for who, one in identities().items():
        assert who not in page
        assert one.nhs_number not in page
        assert one.family_name.upper() not in page or len(one.family_name) < 4
    assert resident(0) not in page
