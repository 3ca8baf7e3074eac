"""An invented list of an invented team, as full as a real one: for the tests and for looking at."""

from datetime import UTC, date, datetime

from serving.rows import Band, Change, Entry, Feed, Identity, Left, Prompt, Reason, Stamp, Team, Watchlist

AS_OF = date(2026, 11, 16)
HOMES = (("h1", "Elm House"), ("h2", "Brook View"), ("h3", "The Limes"), ("h4", "Orchard Court"))

FALLS = Reason(
    "Falls",
    True,
    "2 falls in the last 28 days (3 and 11 November), none in the 63 days before",
    "main reason",
    date(2026, 11, 11),
    1.0,
    "Care home incident log",
)
WEIGHT = Reason(
    "Nutrition and hydration", True, "Lost 4.1kg (7%) since 12 August", "also raises", date(2026, 11, 9), 0.55
)
FUROSEMIDE = Reason(
    "Medicines", True, "Furosemide started 9 November", "also raises", date(2026, 11, 9), 0.4, "Community nursing"
)
ANTIBIOTICS = Reason(
    "Infection",
    True,
    "2 courses of antibiotics in the last 28 days (1 and 12 November)",
    "main reason",
    date(2026, 11, 12),
)
SOFT_SIGNS = Reason(
    "Breathing and heart",
    True,
    "Staff recorded breathlessness on 4 of the last 7 days, most recently 15 November",
    "main reason",
    date(2026, 11, 15),
)
CALLS = Reason(
    "Urgent care use",
    True,
    "3 calls to 111 in the last 28 days (22 October, 2 and 10 November)",
    "also raises",
    date(2026, 11, 10),
    source="Ambulance and 111",
)
STAY = Reason(
    "Recent hospital stay",
    True,
    "Came back from hospital 12 November after 9 nights",
    "main reason",
    date(2026, 11, 12),
)
FLUIDS = Reason(
    "Nutrition and hydration",
    True,
    "Drank about 700ml a day this week, 1,100ml in the weeks before",
    "also raises",
    date(2026, 11, 15),
)
ULCER = Reason("Skin", True, "Pressure ulcer, category 2, recorded 6 November", "slightly raises", date(2026, 11, 6))
FRAILTY = Reason(
    "Background", False, "Clinical frailty scale 7, recorded 2 March 2026", "also raises", date(2026, 3, 2)
)
HEART = Reason("Background", False, "Heart failure, recorded since 2019", "slightly raises", date(2019, 5, 1))

LYING = Prompt("falls-1", "Consider lying and standing blood pressure", "Falls", "home, if nursing")
REVIEW_MEDS = Prompt("meds-2", "Consider a review of medicines that raise the risk of falls", "Medicines", "pharmacist")
MUST = Prompt("food-1", "Consider MUST, a look at the mouth, food first", "Nutrition and hydration", "home")
SAME_DAY = Prompt("news-1", "Check that the NEWS2 of 6 was acted on", "Urgent care", "GP")
RECONCILE = Prompt("stay-1", "Consider medicines reconciliation after discharge", "Medicines", "pharmacist")
NO_DIP = Prompt("uti-1", "Consider symptoms, not a dipstick, before another antibiotic", "Infection", "GP")

BACKGROUND = "age, heart failure and dementia account for part of the estimate"
PLAN = "Advance care plan recorded 4 March 2026"
NO_PLAN = "Advance care plan not recorded"

_NAMES = (
    ("Joan", "Whitfield"),
    ("Arthur", "Pell"),
    ("Mary", "Kent"),
    ("Winston", "Okafor-Smythe"),
    ("Zofia", "Wiśniewska"),
    ("Desmond", "O'Hara"),
    ("Peggy", "Lund"),
    ("فاطمة", "الزهراء"),
    ("Gwen", "Ap Rhys"),
    ("Maximilian Alexander", "Featherstonehaugh-Cholmondeley"),
    ("Ivy", "Tran"),
    ("Ronald", "Marsh"),
    ("Edith", "Boyle"),
    ("Sid", "Crane"),
    ("Olive", "Nash"),
    ("Harold", "Finch"),
    ("Betty", "Stone"),
    ("Tom", "Ridley"),
    ("Nora", "Quill"),
)


def resident(i: int) -> str:
    """A pseudonym as the demo makes them."""
    return f"R{(i * 7919 + 104729) % 1000000:06d}"


def nhs_number(i: int) -> str:
    """The i-th number of the 999 range with a right check digit."""
    serial, found = 999_000_000, -1
    while True:
        check = 11 - sum(int(digit) * (10 - j) for j, digit in enumerate(str(serial))) % 11
        found += check != 10
        if found == i:
            return f"{serial}{0 if check == 11 else check}"
        serial += 1


def entry(i: int, **given: object) -> Entry:
    """The i-th resident, with `given` in place of the plain values."""
    home_id, home_label = HOMES[i % len(HOMES)]
    plain: dict[str, object] = {
        "resident_id": resident(i),
        "home_id": home_id,
        "home_label": home_label,
        "age": 74 + (i * 5) % 24,
        "sex": "FMFMFMF"[i % 7],
        "section": "listed",
        "background": BACKGROUND,
        "lowers": ("No hospital stay in the last year",),
        "care_notes": (PLAN if i % 3 else NO_PLAN,),
    }
    return Entry(**plain | given)  # type: ignore[arg-type]


def _ranked(i: int, risk: float, reasons: tuple[Reason, ...], change: Change, **given: object) -> Entry:
    return entry(i, rank=i + 1, risk=risk, risk_any=risk * 1.9, reasons=reasons, change=change, **given)


STEADY = Change("steady", "No real change", 0.07)


def _listed() -> tuple[Entry, ...]:
    return (
        _ranked(
            0,
            0.138,
            (FALLS, WEIGHT, FUROSEMIDE, FRAILTY),
            Change("new", "2 falls since the last list", 0.041),
            flags=("NEWS2 of 6 on 14 November: check this was acted on",),
            prompts=(SAME_DAY, LYING, REVIEW_MEDS),
            gaps=("no weight between 20 August and 9 November",),
        ),
        _ranked(
            1,
            0.121,
            (STAY, FLUIDS, HEART),
            Change("rising", "Back from hospital 12 November", 0.052),
            flags=("Back from hospital 12 November: review due by 23 November",),
            prompts=(RECONCILE, MUST),
            lowers=(),
        ),
        _ranked(2, 0.104, (ANTIBIOTICS, CALLS, FRAILTY), Change("steady", "No real change", 0.098), prompts=(NO_DIP,)),
        _ranked(
            3,
            0.097,
            (SOFT_SIGNS, FUROSEMIDE, HEART),
            Change("rising", "Breathlessness recorded since 9 November", 0.05),
        ),
        _ranked(
            4, 0.09, (FALLS, ULCER), Change("returning", "Last listed 26 October", 0.03), prompts=(LYING, REVIEW_MEDS)
        ),
        _ranked(5, 0.081, (WEIGHT, FLUIDS, FRAILTY), STEADY, prompts=(MUST,)),
        _ranked(6, 0.076, (CALLS, HEART), Change("falling", "No antibiotics since 20 October", 0.11)),
        _ranked(7, 0.071, (ANTIBIOTICS, FRAILTY), STEADY, gaps=("no care-home notes since 3 November",)),
        _ranked(8, 0.066, (SOFT_SIGNS,), Change("new", "Staff recorded breathlessness", 0.02), care_notes=(NO_PLAN,)),
        _ranked(9, 0.063, (WEIGHT, ULCER, CALLS, FRAILTY), STEADY, prompts=(MUST,)),
    )


def _others() -> tuple[Entry, ...]:
    return (
        entry(
            10,
            section="added",
            status_note="Added by Elm House on 13 November: “not herself, not eating”. Moved in 9 days ago.",
            home_label="Elm House",
        ),
        _ranked(11, 0.058, (CALLS, FRAILTY), STEADY, section="below"),
        _ranked(12, 0.055, (WEIGHT,), Change("new", "Weight recorded 9 November", 0.03), section="below"),
        _ranked(
            13,
            0.034,
            (STAY,),
            Change("rising", "Back from hospital 13 November", 0.02),
            section="back_from_hospital",
            flags=("Back from hospital 13 November: review due by 24 November",),
            prompts=(RECONCILE,),
        ),
        _ranked(
            14,
            0.085,
            (FALLS,),
            STEADY,
            section="reviewed",
            status_note="Reviewed 9 November: nothing to change. Review again on 7 December.",
        ),
        entry(15, section="in_hospital", status_note="In hospital since 10 November"),
        entry(
            16,
            section="in_hospital",
            status_note="Hospital status uncertain: admitted 2 September, no discharge recorded",
        ),
        entry(
            17, section="not_estimated", status_note="Moved in 3 days ago; no usable record yet", gaps=("no GP record",)
        ),
        entry(18, section="end_of_life", status_note="On the end-of-life register since 1 October", care_notes=(PLAN,)),
    )


TEAM = Team("pcn-oakfield", "Oakfield PCN MDT", "mdt", 10, HOMES)
CALIBRATION = (
    Band(0, 0.018, 0.008, 0.009, 0.006, 0.012, 31_200),
    Band(0.018, 0.062, 0.033, 0.034, 0.024, 0.045, 6_240),
    Band(0.062, 1, 0.109, 0.118, 0.081, 0.157, 1_560),
)
FEEDS = (
    Feed("Care home incident log", "fresh", date(2026, 11, 15)),
    Feed("GP record", "fresh", date(2026, 11, 13)),
    Feed("Ambulance and 111", "stale", date(2026, 11, 9)),
    Feed("Observations (NEWS2)", "fresh", date(2026, 11, 15)),
    Feed("Community nursing", "no data"),
)


def example() -> Watchlist:
    """A full week of a team with 212 residents assessed."""
    listed = _listed()
    events = sum(each.risk or 0 for each in listed)
    return Watchlist(
        team=TEAM,
        as_of=AS_OF,
        data_until=date(2026, 11, 15),
        horizon_days=28,
        outcome_label="emergency admission for a potentially avoidable condition",
        model_version="7",
        model_alias="champion",
        trained_until=date(2026, 5, 31),
        base_risk=0.0204,
        listed_risk=events / len(listed),
        expected_events=events,
        covered=212,
        not_covered=3,
        entries=listed + _others(),
        left=(
            Left(resident(30), "Brook View", "Reviewed 9 November, nothing new since"),
            Left(resident(31), "The Limes", "Died 11 November"),
            Left(resident(32), "Elm House", "Now 14th: no falls since 12 October"),
        ),
        feeds=FEEDS,
        warnings=("No ambulance or 111 data since 9 November. Estimates may be too low.",),
        prompts_version="3, approved 2 October 2026",
        revision=2,
        supersedes="r1",
        previous_note="Last week’s figures are worked out again with this week’s model, so they can be compared.",
        calibration=CALIBRATION,
    )


def empty() -> Watchlist:
    """A week in which a home's round has nobody to list."""
    return Watchlist(
        team=Team("elm-house", "Elm House", "round", 5, HOMES[:1]),
        as_of=AS_OF,
        data_until=date(2026, 11, 15),
        horizon_days=28,
        outcome_label="emergency admission for a potentially avoidable condition",
        model_version="7",
        model_alias="champion",
        trained_until=date(2026, 5, 31),
        base_risk=0.004,
        listed_risk=None,
        expected_events=0.0,
        covered=34,
        not_covered=0,
    )


def identities() -> dict[str, Identity]:
    """Invented names for everybody on the example list."""
    return {
        resident(i): Identity(given, family, nhs_number(i), date(2026 - 74 - (i * 5) % 24, 7, 14), str(i + 1))
        for i, (given, family) in enumerate(_NAMES)
    }


STAMP = Stamp("Dr A. Patel", "MDT meeting, 17 November 2026", datetime(2026, 11, 16, 9, 5, tzinfo=UTC))
