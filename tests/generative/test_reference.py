"""The kernel computes what the reference says, for the whole catalogue and for every outcome state."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from look import GRACE, OBJECTIONS, differences, kernel_rows
from strategies import Case, cases

from features.build import panel_of, prepare
from features.codelists import definition
from features.outcomes import State, outcomes
from features.reference.engine import reference
from features.reference.outcomes import reference_states


@given(cases())
def test_kernel_equals_reference(case: Case):
    history = case.history
    said = {
        key: {"home_id": row.home_id, "status": row.status, **row.values}
        for key, row in reference(history, case.as_ofs, grace=GRACE, objections=OBJECTIONS).items()
    }
    assert differences(kernel_rows(history, case.as_ofs), said, exactly=False) == []


@pytest.mark.parametrize("outcome", ["iau_2019", "all_emergency"])
@given(case=cases())
def test_outcomes_equal_reference(outcome: str, case: Case):
    history = case.history
    as_ofs = tuple(a - timedelta(weeks=4) for a in case.as_ofs)
    terms = {"horizon_days": 28, "delay_days": 14, "known_before": case.as_ofs[-1]}
    panel = panel_of(prepare(history), as_ofs, grace=GRACE)
    found = outcomes(history, panel, definition(outcome), **terms)
    ids = panel.residents.to_pylist()
    keys = [(ids[e], as_ofs[w]) for e, w in zip(panel.entity, panel.week, strict=True)]
    said = reference_states(history, keys, outcome, **terms)
    assert {k: State(s).name.lower() for k, s in zip(keys, found.state, strict=True)} == said
    fitted = np.array([said[k] in ("none", "admitted", "died_first", "same_day_care") for k in keys], bool)
    assert np.array_equal(np.isfinite(found.label), fitted)
