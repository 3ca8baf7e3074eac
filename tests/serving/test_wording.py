"""Facts as a clinician reads them: number, window and dates from the resident's own records."""

from datetime import date

import numpy as np
import pytest
from made_lists import AS_OF, GRACE, days_ago, event, prepared

from features.build import features, panel_of
from features.catalogue import catalogue
from features.evidence import Look
from serving.care import add_working_days
from serving.dates import day, days
from serving.wording import number, speak


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory):
    """What each feature says of r11, whose records are given here."""
    r = "r11"
    extra = [
        event(r, 40, "fall", 0), event(r, 33, "weight_kg", 58.2), event(r, 80, "weight_kg", 62.0),
        event(r, 5, "weight_kg", 57.0), event(r, 2, "news2", 6), event(r, 50, "news2", 1), event(r, 60, "news2", 1),
        event(r, 200, "catheter", 1), event(r, 150, "catheter", 0), event(r, 9, "catheter", 1),
        event(r, 9, "antipsychotic", 1), event(r, 400, "structured_medication_review"), event(r, 900, "dementia"),
        *(event(r, 60 + d, "fluid_intake_ml", 1500) for d in range(10)), event(r, 2, "fluid_intake_ml", 750),
        event(r, 3, "infection_that_is_no_concept"), event(r, 6, "uti"), event(r, 13, "chest_infection"),
    ]  # fmt: skip
    made = prepared(tmp_path_factory.mktemp("told"), extra)
    panel = panel_of(made, (AS_OF,), grace=GRACE)
    X = features(made, panel)
    row = int(np.flatnonzero(panel.entity == 11)[0])
    look = Look(made, panel, row)
    names = catalogue().names

    def say(name: str) -> str:
        spoken = speak(catalogue()[name], float(X[row, names.index(name)]), look)
        return spoken.sentence if spoken else ""

    return say


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        ("fall_count_91", "1 fall in the last 91 days (7 October), none in the 273 days before"),
        ("fall_count_28", "No falls in the last 28 days"),
        ("infection_count_28", "2 infections treated in the home in the last 28 days (3 and 10 November), none in the 63 days before"),
        ("weight_kg_share_91", "Lost 5 kg (8%) since 28 August"),
        ("news2_last_7", "NEWS2 score of 6 on 14 November"),
        ("news2_max_7", "Highest NEWS2 score in the last 7 days 6 (14 November)"),
        ("catheter_active", "Urinary catheter since 7 November"),
        ("antipsychotic_active", "Taking an antipsychotic since 7 November"),
        ("structured_medication_review_since", "No structured medication review recorded since 12 October 2025"),
        ("pharmacist_review_since", "No pharmacist review recorded"),
        ("dementia_ever", "Dementia recorded"),
        ("fluid_intake_below_baseline_7", "Fluid intake averaged 750 ml a day in the last 7 days, 48% below own average"),
        ("age", "Aged 88"),
    ],
)  # fmt: skip
def test_sentences(told, feature: str, sentence: str) -> None:
    assert told(feature) == sentence


def test_every_feature_of_the_catalogue_can_be_spoken_or_is_silent(told) -> None:
    for name in catalogue().names:
        assert isinstance(told(name), str)
        assert "nan" not in told(name)


def test_dates_name_each_month_once_and_other_years() -> None:
    found = days([date(2026, 11, 3), date(2026, 10, 28), date(2026, 11, 11), date(2025, 12, 30)], AS_OF)
    assert found == "30 December 2025, 28 October, 3 and 11 November"
    assert day(date(2025, 1, 2), AS_OF) == "2 January 2025"


@pytest.mark.parametrize(("value", "unit", "said"), [(1234.0, "ml/day", "1,234 ml"), (4.06, "kg", "4.1 kg"), (6.0, "score", "6"), (97.0, "%", "97%")])  # fmt: skip
def test_numbers(value: float, unit: str, said: str) -> None:
    assert number(value, unit) == said


def test_working_days_leave_out_weekends_and_bank_holidays() -> None:
    assert add_working_days(date(2026, 12, 23), 7) == date(2027, 1, 6)  # Christmas, Boxing Day (28th), New Year
    assert days_ago(0).startswith("2026-11-16")
