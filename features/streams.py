"""Streams: the dated records of one idea, selected from events by concept and value, or from spells and stays.

A stream is what a feature counts, averages or looks back to. `one` and `many` are the words in which it is spoken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .codelists import SOFT_SIGN, concepts, sign_concepts


@dataclass(frozen=True)
class Stream:
    """Records of `concepts` whose value lies in [low, high]; a bound excludes records without a value."""

    name: str
    concepts: tuple[str, ...]
    one: str
    many: str
    feed: str
    kind: str = "count"
    low: float | None = None
    high: float | None = None
    unit: str = ""

    @property
    def is_base(self) -> bool:
        """Whether the stream is one whole concept, so that its records show that the feed is alive."""
        return self.low is None and self.high is None and self.concepts == (self.name,)


# Concepts made from spells and stays; each record's time and the moment it became known are given in records.py.
HOSPITAL = (
    Stream("emergency_admission", ("emergency_admission",), "emergency admission", "emergency admissions", "hospital"),
    Stream("elective_admission", ("elective_admission",), "planned admission", "planned admissions", "hospital"),
    Stream(
        "avoidable_admission",
        ("avoidable_admission",),
        "emergency admission for a potentially avoidable condition",
        "emergency admissions for a potentially avoidable condition",
        "hospital",
    ),
    Stream("fall_admission", ("fall_admission",), "admission after a fall", "admissions after a fall", "hospital"),
    Stream("discharge", ("discharge",), "hospital discharge", "hospital discharges", "hospital", unit="days"),
    Stream("long_stay", ("discharge",), "hospital stay of 14 days or more", "hospital stays of 14 days or more",
           "hospital", low=14, unit="days"),
    Stream("late_discharge", ("late_discharge",), "late-evening discharge", "late-evening discharges", "hospital"),
    Stream("weekend_discharge", ("weekend_discharge",), "weekend discharge", "weekend discharges", "hospital"),
    Stream("move_in", ("move_in",), "move into a home", "moves into a home", "home", kind="move"),
)  # fmt: skip

DERIVED = (
    Stream("news2_5", ("news2",), "NEWS2 of 5 or more", "NEWS2 scores of 5 or more", "care_record", low=5),
    Stream("injurious_fall", ("fall",), "fall with harm", "falls with harm", "care_record", low=1),
    Stream("infection", ("uti", "chest_infection", "skin_infection"), "infection treated in the home",
           "infections treated in the home", "gp"),
    Stream(SOFT_SIGN, sign_concepts(), "soft sign", "soft signs", "care_record"),
    Stream("concern", ("staff_concern", "family_concern"), "staff or family concern", "staff or family concerns",
           "care_record"),
    Stream("intake_refused", ("meal_refused", "medicine_refused"), "refused meal or medicine",
           "refused meals or medicines", "care_record"),
    Stream("not_conveyed", ("ambulance_callout",), "ambulance call-out without conveyance",
           "ambulance call-outs without conveyance", "urgent_care", high=0),
    Stream("urgent_contact", ("nhs111_call", "out_of_hours_contact", "ambulance_callout"),
           "111, 999 or out-of-hours call", "111, 999 or out-of-hours calls", "urgent_care"),
    Stream("positive_four_at", ("four_at",), "4AT of 4 or more", "4AT scores of 4 or more", "gp", low=4),
    Stream("severe_pain", ("pain_score",), "pain score of 7 or more", "pain scores of 7 or more", "care_record", low=7),
    Stream("low_intake", ("fluid_intake_ml",), "day with less than 1,000 ml of fluids",
           "days with less than 1,000 ml of fluids", "care_record", high=999),
    Stream("low_hba1c", ("hba1c",), "HbA1c below 48", "HbA1c results below 48", "gp", high=47.9),
    Stream("contact_review", ("home_round_review", "mdt_review"), "home round or MDT review",
           "home round or MDT reviews", "gp", kind="review"),
)  # fmt: skip

# Labels that name a state rather than one time that it happened.
_ONE = {
    "hypoglycaemia": "episode of hypoglycaemia",
    "delirium": "episode of delirium",
    "bowels opened": "time bowels opened",
}
_PLURALS = {"diagnosis": "{}", "measure": "{} readings", "state": "{}", "review": "{}s"}


_IRREGULAR = {
    "cough at meals": "coughs at meals",
    "hypoglycaemia": "episodes of hypoglycaemia",
    "delirium": "episodes of delirium",
    "bowels opened": "times bowels opened",
    "rescue medicine given": "rescue medicines given",
    "medicine started": "medicines started",
    "medicine stopped": "medicines stopped",
    "fall with head injury": "falls with head injury",
    "NEWS2 with a single parameter of 3": "NEWS2 readings with a single parameter of 3",
    "same-day emergency care": "same-day emergency care visits",
}


def _plural(label: str, kind: str) -> str:
    if label in _IRREGULAR:
        return _IRREGULAR[label]
    if label.startswith("report of"):
        return label.replace("report", "reports", 1)
    if kind in _PLURALS:
        return _PLURALS[kind].format(label)
    return label[:-1] + "ies" if label.endswith("y") else label + "s"


def _base() -> tuple[Stream, ...]:
    return tuple(
        Stream(c.code, (c.code,), _ONE.get(c.label, c.label), _plural(c.label, c.kind), c.feed, c.kind, unit=c.unit)
        for c in concepts().values()
        if not c.kind.startswith("home_") and c.code != SOFT_SIGN
    )


def _home() -> tuple[Stream, ...]:
    return tuple(
        Stream(c.code, (c.code,), c.label, _plural(c.label, c.kind), c.feed, c.kind, unit=c.unit)
        for c in concepts().values()
        if c.kind.startswith("home_")
    )


RESIDENT_STREAMS: Mapping[str, Stream] = MappingProxyType({s.name: s for s in (*_base(), *DERIVED, *HOSPITAL)})
HOME_STREAMS: Mapping[str, Stream] = MappingProxyType({s.name: s for s in _home()})

FEEDS: Mapping[str, str] = MappingProxyType(
    {
        "care_record": "Care home records",
        "gp": "General practice",
        "community": "Community services",
        "urgent_care": "111, 999 and A&E",
        "hospital": "Hospital admissions",
    }
)
# Feeds that are told home by home; the others are silent only when no resident of the whole history has a record.
HOME_FEEDS = frozenset({"care_record", "gp"})
