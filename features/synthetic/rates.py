"""Published rates of English care homes as targets, and what a written history says about each.

Realised figures come from the tables alone, over the part of the history in which admissions are coded. Sources: IAU
2019 (Improvement Analytics Unit, Health Foundation), Lloyd 2019 (BMJ Quality & Safety), FinCH 2021 (BMJ
375:e066991), CHUMS 2009, Sundvall 2015 (BMC Geriatrics), NEoLCIN, Farndale and Barclay 2018. "Assumed" marks figures
without a source that could be read: settings, not facts.
"""

from dataclasses import dataclass
from pathlib import Path

from .measures import Measures


@dataclass(frozen=True)
class Target:
    """A rate to meet: `value` plus or minus `tolerance`, in `unit`."""

    name: str
    value: float
    tolerance: float
    unit: str
    source: str


@dataclass(frozen=True)
class Realised:
    """A target and what the history says."""

    target: Target
    value: float

    @property
    def inside(self) -> bool:
        return bool(abs(self.value - self.target.value) <= self.target.tolerance)


_YEAR, _SHARE = "per resident-year", "share"
TARGETS = (
    Target("emergency admissions, residential", 0.77, 0.09, _YEAR, "IAU 2019"),
    Target("emergency admissions, nursing", 0.63, 0.08, _YEAR, "IAU 2019"),
    Target("A&E attendances, residential", 1.12, 0.14, _YEAR, "IAU 2019"),
    Target("A&E attendances, nursing", 0.86, 0.12, _YEAR, "IAU 2019"),
    Target("potentially avoidable share", 0.41, 0.035, _SHARE, "IAU 2019"),
    Target("avoidable admission within 28 days", 0.021, 0.003, _SHARE, "IAU 2019, derived"),
    Target("new entrants over all residents", 1.4, 0.2, "ratio", "Lloyd 2019, derived"),
    Target("falls", 3.8, 0.5, _YEAR, "FinCH 2021, assumed from its rates"),
    Target("antibiotic courses", 2.0, 0.3, _YEAR, "Sundvall 2015"),
    Target("deaths", 0.365, 0.045, _YEAR, "NEoLCIN, derived"),
    Target("admissions in the last week of life", 0.146, 0.03, _SHARE, "Farndale and Barclay 2018"),
    Target("emergency readmission within 30 days", 0.19, 0.03, _SHARE, "assumed"),
    Target("urinary catheter", 0.044, 0.012, _SHARE, "Sundvall 2015"),
    Target("regular medicines", 8.0, 0.7, "mean", "CHUMS 2009"),
    Target("residents per home, residential", 38.0, 4.0, "mean", "IAU 2019"),
    Target("residents per home, nursing", 59.0, 6.0, "mean", "IAU 2019"),
    Target("age, residential", 86.0, 1.5, "mean", "IAU 2019"),
    Target("age, nursing", 85.0, 1.5, "mean", "IAU 2019"),
    Target("women, residential", 0.74, 0.05, _SHARE, "IAU 2019"),
    Target("women, nursing", 0.69, 0.05, _SHARE, "IAU 2019"),
    Target("dementia", 0.70, 0.06, _SHARE, "assumed"),
    Target("length of an emergency stay", 8.5, 1.2, "mean days", "assumed"),
    Target("emergency stays without a night", 0.25, 0.04, _SHARE, "assumed"),
    Target("pneumonia within avoidable", 0.30, 0.08, _SHARE, "assumed"),
    Target("urine infection within avoidable", 0.17, 0.05, _SHARE, "assumed"),
    Target("fractures within avoidable", 0.19, 0.05, _SHARE, "assumed"),
    Target("acute chest infection within avoidable", 0.12, 0.05, _SHARE, "assumed"),
    Target("aspiration within avoidable", 0.08, 0.04, _SHARE, "assumed"),
    Target("COPD within avoidable", 0.06, 0.03, _SHARE, "assumed"),
    Target("intestinal infection within avoidable", 0.05, 0.03, _SHARE, "assumed"),
    Target("events", 400.0, 120.0, _YEAR, "assumed: a home with a digital record"),
)


def realised(history: Path) -> tuple[Realised, ...]:
    """Every target with its figure in the Parquet folder `history`; residential and nursing homes unless it says so."""
    tables = Measures(Path(history))
    figures = tables.figures()
    return tuple(Realised(target, float(figures[target.name])) for target in TARGETS)
