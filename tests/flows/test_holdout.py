"""A hold-out of listings in the weekly run: off it changes nothing, whole it withholds, records and says so."""

import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import ROOT, SETTINGS

from features.problems import UsageError
from flows import plain, steps_common, steps_exposure, steps_holdout, steps_weekly
from flows.settings import Settings, load
from serving.audit import broken_at
from serving.exposure import exposure_log, listings
from serving.holdout import SCHEMA, HoldOut, write_table
from serving.publish import read_lists

AS_OF = date(2026, 11, 16)
WHOLE = f"""
[holdout]
enabled = true
study = "elm-2026"
ethics_reference = "26/XX/0001"
safety_officer = "A. Officer"
hazard = "withheld-from-list"
ends = 2027-03-31
share = 0.5
[paths]
hazards = "{ROOT / "docs/safety/hazards.csv"}"
"""


def settings_of(folder: Path, text: str = "") -> Settings:
    path = folder / "homeround.toml"
    head, _, paths = text.partition("[paths]\n")
    path.write_text(SETTINGS.replace("[paths]\n", f"[paths]\n{paths}") + head, encoding="utf-8")
    return load(path)


def test_the_settings_of_a_study_that_is_off_do_not_change_what_a_list_is_made_from(tmp_path):
    plain_digest = settings_of(tmp_path).digest()
    off = settings_of(tmp_path, WHOLE.replace("enabled = true", "enabled = false"))
    assert off.holdout.study == "elm-2026"
    assert off.digest() == plain_digest != settings_of(tmp_path, WHOLE).digest()
    assert steps_holdout.study(off, AS_OF, {"backdated": ""}) is None
    assert not off.paths.holdout_key.exists()


def test_a_study_with_gaps_is_refused_with_all_of_them(tmp_path):
    settings = settings_of(tmp_path, '[holdout]\nenabled = true\nhazard = "no-such"\nshare = 0.9\n[paths]\n')
    with pytest.raises(UsageError) as refused:
        steps_holdout.study(settings, AS_OF, {"backdated": ""})
    said = str(refused.value)
    for name in ("study", "ethics_reference", "safety_officer", "hazard: ", "'no-such'", "ends", "share: 0.9"):
        assert name in said
    assert steps_holdout.study(settings, AS_OF, {"backdated": "yes"}) is None


def test_the_key_is_made_once_and_kept(tmp_path):
    settings = settings_of(tmp_path, WHOLE)
    first, again = (steps_holdout.study(settings, AS_OF, {"backdated": ""}) for _ in range(2))
    assert isinstance(first, HoldOut)
    assert first == again
    assert settings.paths.holdout_key.stat().st_mode & 0o777 == 0o600


def test_the_audit_trail_has_counts_and_nobody(tmp_path):
    settings = settings_of(tmp_path, WHOLE)
    job = {"settings": str(settings.source), "as_of": str(AS_OF), "published": str(tmp_path / "var" / "published")}
    row = dict.fromkeys(SCHEMA.names, "x") | {"resident_id": "resident-7", "as_of": AS_OF, "rank": 1, "risk": 0.2}
    withheld = tmp_path / "withheld.parquet"
    write_table(withheld, SCHEMA.empty_table().from_pylist([row, row | {"team_id": "y"}], schema=SCHEMA))
    for _ in range(2):
        steps_holdout.keep_withheld(job, withheld, "ab" * 32)
    trail = tmp_path / "var" / "audit" / "holdout.jsonl"
    (line,) = [json.loads(text) for text in trail.read_text(encoding="utf-8").splitlines()]
    assert (line["withheld"], line["ethics_reference"], line["safety_officer"]) == (1, "26/XX/0001", "A. Officer")
    assert "resident-7" not in trail.read_text(encoding="utf-8")
    assert broken_at(trail) is None


def test_a_week_of_a_study_withholds_says_so_and_is_in_the_log(site, tmp_path):
    here = site.twin(tmp_path / "here")
    text = here.settings.read_text(encoding="utf-8")
    head, _, paths = WHOLE.partition("[paths]\n")
    here.settings.write_text(text.replace("[paths]\n", f"[paths]\n{paths}") + head, encoding="utf-8")
    job = {"as_of": str(AS_OF), "history": "", "published": "", "backdated": "", "settings": str(here.settings)}
    planned = steps_weekly.plan_weekly(job | {"work": str(tmp_path / "work")})
    done = steps_weekly.publish_lists(planned, steps_weekly.build_lists(planned, steps_common.check_history(planned)))
    settings = load(here.settings)
    history = steps_common.opened(planned, settings)
    log = exposure_log(settings.paths.published, lambda _: history, AS_OF, withheld=settings.paths.holdout)
    withheld = log.filter(log["withheld"])
    assert done["withheld"] == withheld.num_rows > 0
    study = steps_holdout.study(settings, AS_OF, planned)
    assert study == HoldOut(plain.holdout_plan(settings), settings.paths.holdout_key.read_bytes().strip())
    assert all(study.in_arm(who) for who in withheld["resident_id"].to_pylist())
    for one in read_lists(Path(done["folder"])).values():
        own = sum(team == one.team.id for team in withheld["team_id"].to_pylist())
        assert any(f"{own} resident" in said and "26/XX/0001" in said for said in one.warnings) == (own > 0)
    listed = set(listings(log)["resident_id"].to_pylist())
    assert listed
    assert not listed & set(withheld["resident_id"].to_pylist())
    assert steps_exposure.lists_digest(settings, AS_OF)
    assert pq.read_table(next(settings.paths.holdout.glob("*/*.parquet"))).num_rows == withheld.num_rows
