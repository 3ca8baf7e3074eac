from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from made import CAPACITY, DELAY, HORIZON, made, until

from models import compare
from models.errors import FitError
from models.fit import panel, text_column
from models.splits import time_split


@pytest.fixture(scope="module")
def beside_rule(labelled, trained):
    """The judged twin beside prior admissions, on its own test weeks."""
    return compare.contenders(panel(labelled[0]), trained.split.test, trained.judged, "prior_admissions")


@pytest.fixture(scope="module")
def beside_itself(labelled, trained):
    return compare.contenders(panel(labelled[0]), trained.split.test, trained.judged, trained.judged)


def test_weeks_unseen_by_both_follow_the_later_twin_by_an_embargo(labelled, trained):
    as_ofs = np.unique(panel(labelled[0]).as_of).astype(object)
    assert compare.unseen_weeks(as_ofs, [trained.split]) == trained.split.test
    early = time_split(as_ofs, horizon_days=HORIZON, delay_days=DELAY, until=until() - timedelta(weeks=8))
    assert compare.unseen_weeks(as_ofs, [early, trained.split]) == trained.split.test
    alone = compare.unseen_weeks(as_ofs, [early])
    assert set(trained.split.test) < set(alone)
    assert (alone[0] - early.calibrate[-1]).days >= HORIZON + DELAY
    assert compare.unseen_weeks([date(2020, 1, 6)], [early]) == ()


def test_both_contenders_have_the_figures_of_the_evaluation(trained, beside_rule):
    lists = compare.places(beside_rule.matrix, beside_rule.scores, CAPACITY)
    found = compare.pairs(beside_rule, lists)
    assert {(pair.name, pair.view) for pair in found} == {
        ("auroc", "all"), ("ppv", "pcn"), ("sensitivity", "pcn"), ("ppv", "home_id"), ("sensitivity", "home_id"),
    }  # fmt: skip
    for pair in found:
        stated = [trained.evaluation.get(pair.name, who, pair.view).value for who in ("model", "prior_admissions")]
        assert [pair.candidate, pair.in_use] == pytest.approx(stated)
        assert pair.difference.value == pytest.approx(stated[0] - stated[1])
        assert pair.difference.low <= pair.difference.value <= pair.difference.high


def test_a_model_beside_itself_differs_in_nothing(beside_itself):
    lists = compare.places(beside_itself.matrix, beside_itself.scores, CAPACITY)
    groups = {"home type": text_column(beside_itself.matrix, "home_type")}
    pairs = list(compare.pairs(beside_itself, lists))
    for group in compare.group_pairs(beside_itself, lists, groups):
        pairs += group.listed
        assert (group.further_off.value, group.further_off.low, group.further_off.high) == (0, 0, 0)
    assert {(p.difference.value, p.difference.low, p.difference.high) for p in pairs} == {(0, 0, 0)}


def test_paired_draws_tell_more_than_two_intervals(beside_rule):
    [ranked] = [pair for pair in compare.pairs(beside_rule, ()) if pair.name == "auroc"]
    alone = compare.auroc(beside_rule)
    assert ranked.difference.high - ranked.difference.low < 2 * (alone.high - alone.low)
    assert ranked.difference.low > 0


def test_groups_add_up_to_everyone(beside_rule):
    lists = compare.places(beside_rule.matrix, beside_rule.scores, CAPACITY)
    found = compare.group_pairs(beside_rule, lists, {"home type": text_column(beside_rule.matrix, "home_type")})
    assert {one.group for one in found} == {"nursing", "residential"}
    assert sum(one.rows for one in found) == len(beside_rule)
    assert sum(one.events for one in found) == beside_rule.y.sum()
    whole = {(pair.name, pair.view): pair.candidate for pair in compare.pairs(beside_rule, lists)}
    for i, view in enumerate(CAPACITY):
        reached = sum(one.listed[i].candidate * one.events for one in found) / beside_rule.y.sum()
        assert reached == pytest.approx(whole["sensitivity", view])
    assert all(one.further_off is None for one in found)
    for one in found:
        mask = text_column(beside_rule.matrix, "home_type") == one.group
        ratio = beside_rule.y[mask].sum() / beside_rule.chances["candidate"][mask].sum()
        assert one.observed_expected.value == pytest.approx(ratio)


def test_places_that_go_to_others_are_counted(labelled, trained):
    latest = labelled[0].take(panel(labelled[0]).as_of == np.datetime64(until() - timedelta(days=HORIZON + DELAY)))
    same = compare.churn(latest, trained.model, trained.model, CAPACITY)
    assert [one.others for one in same] == [0, 0]
    assert [one.places for one in same] == [30, 36]
    head = trained.model.heads["avoidable"]
    swapped = replace(
        trained.model, heads=trained.model.heads | {"avoidable": replace(head, boosters=head.boosters[:1], shares=())}
    )
    some = compare.churn(latest, trained.model, swapped, CAPACITY)
    rows, listed = latest.rows.to_pylist(), []
    for model in (trained.model, swapped):
        margins = model.margin(latest.X)
        best: dict[str, list[tuple[float, str]]] = {}
        for row, margin in zip(rows, margins, strict=True):
            best.setdefault(row["pcn"], []).append((-margin, row["resident_id"]))
        listed.append({who for team in best.values() for _, who in sorted(team)[:10]})
    assert some[0].others == pytest.approx(len(listed[0] - listed[1]), abs=1)


def test_shares_of_known_values(labelled):
    matrix, _ = labelled
    shares = compare.shares_present(matrix, np.ones(len(matrix), bool))
    assert shares["cfs"] == 1
    assert shares["news2_last"] == pytest.approx(0.9, abs=0.01)
    found = {one.feature: one for one in compare.presence(shares, {"cfs": 0.5})}
    assert (found["cfs"].now, found["news2_last"].now) == (0.5, 0)


def test_weeks_without_an_event_cannot_compare(labelled, trained):
    matrix, _ = made(residents=8, weeks=3)
    quiet = matrix.rows.set_column(8, "label", pa.array(np.zeros(len(matrix))))
    days = tuple(np.unique(panel(matrix).as_of).astype(object))
    with pytest.raises(FitError, match="nothing to compare by"):
        compare.contenders(panel(replace(matrix, rows=quiet)), days, trained.judged, "cfs")
