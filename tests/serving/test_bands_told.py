"""What a list tells of how estimates like one came true: from the evaluation to words."""

from dataclasses import replace

import pytest
from example_list import example

from serving.bands import bands_of
from serving.render.json import json as list_json
from serving.render.words import estimates_of
from serving.rows import Band, from_json


def row(lowest: float, highest: float, events: int) -> dict[str, float]:
    return {"lowest": lowest, "highest": highest, "n": 400, "events": events, "predicted": 0.05, "observed": events / 400,
            "low": 0.01, "high": 0.3}  # fmt: skip


def test_bands_with_few_outcomes_are_left_out_and_an_older_evaluation_has_none() -> None:
    evaluation = {"bands": [row(0, 0.04, 7), row(0.04, 0.1, 8), row(0.1, 1, 60)]}
    bands = bands_of(evaluation)
    assert bands == (Band(0.04, 0.1, 0.05, 0.02, 0.01, 0.3, 400), Band(0.1, 1, 0.05, 0.15, 0.01, 0.3, 400))
    assert bands_of({"calibration": []}) == bands_of(None) == ()
    told = replace(example(), calibration=bands)
    assert from_json(list_json(told)) == told
    assert [told.band(risk) for risk in (0.03, 0.04, 0.0999, 0.1, 0.9)] == [
        None,
        bands[0],
        bands[0],
        bands[1],
        bands[1],
    ]


def test_an_estimate_far_above_its_band_is_said_to_be() -> None:
    top, below = Band(0.07, 1, 0.09, 0.12, 0.05, 0.21, 189), Band(0.04, 0.07, 0.03, 0.04, 0.02, 0.07, 477)
    assert [top.is_far_below(risk) for risk in (0.07, 0.13, 0.14, 0.27)] == [False, False, True, True]
    assert not below.is_far_below(0.069)


@pytest.mark.parametrize(
    ("lowest", "highest", "words"),
    [
        (0.118, 1, "12 in 100 or more"),
        (0.035, 0.062, "from 4 to 6 in 100"),
        (0.036, 0.042, "about 4 in 100"),
        (0, 0.016, "under 2 in 100"),
        (0, 0.004, "under 1 in 100"),
    ],
)
def test_a_band_is_told_in_whole_numbers_of_100(lowest: float, highest: float, words: str) -> None:
    said = estimates_of(Band(lowest, highest, 0.1, 0.1, 0.1, 0.1, 100))
    assert said.replace("\N{NO-BREAK SPACE}", " ") == words
