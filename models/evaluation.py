"""Numbers of one evaluation, as values. Tables, plots, cards and logs are views of these."""

import math
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from models.competing import Incidence
from models.lists import ListResult
from models.splits import TimeSplit


@dataclass(frozen=True)
class Metric:
    """One figure with its 95 % interval from the bootstrap by home.

    name    a name that ends in _minus_<contender> is the paired difference of the model from that contender
    score   what was judged: model, any, or a contender of models.contenders
    view    'all' rows, or the lists it was judged on, such as 'pcn'
    n       rows behind it, events: how many of them had the outcome
    """

    name: str
    score: str
    view: str
    value: float
    low: float
    high: float
    n: int
    events: int


@dataclass(frozen=True)
class CalibrationBin:
    """A tenth of the rows by predicted chance: mean chance, observed share and its 95 % Wilson interval."""

    bin: int
    n: int
    events: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class CapacityPoint:
    """PPV and sensitivity over all lists of a view if each team reviewed `capacity` residents a week."""

    view: str
    score: str
    capacity: int
    ppv: float
    sensitivity: float


@dataclass(frozen=True)
class CurvePoint:
    """The flexible calibration curve of the model: what came true, with its interval, where it said `predicted`."""

    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class ChanceBin:
    """How many rows were given a chance in [start, end), and how many of them had the outcome."""

    start: float
    end: float
    n: int
    events: int


@dataclass(frozen=True)
class ChanceBand:
    """Of n rows with a chance from `lowest` to below `highest`, `predicted` on average, how many had the outcome.

    The bands cover everything from 0 to 1: the highest is open above, whatever the largest chance was.
    """

    lowest: float
    highest: float
    n: int
    events: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class NetBenefit:
    """Net benefit per resident-week (Vickers & Elkin 2006): found events less the needless reviews, weighed.

    view       'all': who is at or above the threshold is reviewed; a team column: its lists at capacity
    score      a contender, or 'everyone' or 'no one' as the policies to beat
    threshold  the harm of a review slot: how much of a found event one must give to be worth while. A needless review
               then weighs threshold / (1 - threshold)
    reviewed   share of the resident-weeks that are reviewed
    """

    view: str
    score: str
    threshold: float
    reviewed: float
    net_benefit: float
    low: float
    high: float


@dataclass(frozen=True)
class ListChange:
    """How the lists of one view changed from the week before, over the teams listed in both weeks.

    entrants, leavers   expected names a list that were not on it the week before, or are no longer
    overlap             share of this week's names that were on the team's list the week before
    """

    view: str
    score: str
    as_of: date
    lists: int
    listed: float
    entrants: float
    leavers: float
    overlap: float


@dataclass(frozen=True)
class TopN:
    """True events among the first `places` of all residents, each week anew, summed over the weeks.

    An admission is seen from up to four weekly rows and counts in each in which the resident was in the first places.
    """

    score: str
    places: int
    weeks: int
    listed: int
    events: float
    per_week: float
    ppv: float
    low: float
    high: float
    sensitivity: float


@dataclass(frozen=True)
class ReviewsNeeded:
    """Reviews over the judged weeks, at the same number of places a week, to have reached so many admissions."""

    score: str
    admissions: int
    places: int
    reviews: int
    per_admission: float


@dataclass(frozen=True)
class Warned:
    """Days from a resident's first listing in the judged weeks to the admission, over the admissions of those weeks.

    listed    expected number of these admissions whose resident had been listed; share of all of them
    lower, median, upper   quartiles of the days, of those listed
    """

    view: str
    score: str
    admissions: int
    listed: float
    share: float
    lower: float
    median: float
    upper: float


@dataclass(frozen=True)
class GroupImportance:
    """Mean absolute contribution of a feature group, in calibrated log-odds, and its share of the total."""

    group: str
    mean_abs: float
    share: float


@dataclass(frozen=True)
class Apart:
    """Residents judged apart (models/strata.py); their figures are metrics whose view is the stratum.

    n, events   their rows of the test weeks and how many had the outcome
    residents   with the outcome in the weeks of calibration; validated: enough of them for a calibration of their own
    """

    stratum: str
    n: int
    events: int
    residents: int
    validated: bool


@dataclass(frozen=True)
class Evaluation:
    """What the evaluated model did on the test weeks.

    capacity maps a view (the column that names a team) to residents reviewed a week. leak_suspected: on synthetic
    data the model outranked the oracle beyond the error of the comparison. competing: the chance against the share
    admitted with death competing, all rows and by tenths; empty where the matrix does not tell until when rows were
    followed.
    """

    split: TimeSplit
    metrics: tuple[Metric, ...]
    lists: tuple[ListResult, ...]
    calibration: tuple[CalibrationBin, ...]
    curve: tuple[CapacityPoint, ...]
    importance: tuple[GroupImportance, ...]
    capacity: tuple[tuple[str, int], ...]
    rounds: tuple[tuple[str, int], ...]
    holdout_share: float
    leak_suspected: bool
    calibration_curve: tuple[CurvePoint, ...] = ()
    chances: tuple[ChanceBin, ...] = ()
    net_benefit: tuple[NetBenefit, ...] = ()
    changes: tuple[ListChange, ...] = ()
    top: tuple[TopN, ...] = ()
    reviews: tuple[ReviewsNeeded, ...] = ()
    warned: tuple[Warned, ...] = ()
    competing: tuple[Incidence, ...] = ()
    apart: tuple[Apart, ...] = ()
    bands: tuple[ChanceBand, ...] = ()

    def get(self, name: str, score: str = "model", view: str = "all") -> Metric:
        """The one metric of that name. Raises KeyError naming it when it was not computed."""
        for metric in self.metrics:
            if (metric.name, metric.score, metric.view) == (name, score, view):
                return metric
        raise KeyError(f"no metric {name} of {score} on {view}")

    def has(self, name: str, score: str = "model", view: str = "all") -> bool:
        """Whether that metric was computed."""
        return any((m.name, m.score, m.view) == (name, score, view) for m in self.metrics)

    def flat(self) -> dict[str, float]:
        """Defined values by dotted name, such as model.all.auroc, with .low and .high beside them."""
        named = {}
        for m in self.metrics:
            stem = f"{m.score}.{m.view}.{m.name}"
            named.update({stem: m.value, f"{stem}.low": m.low, f"{stem}.high": m.high})
        return {name: value for name, value in named.items() if math.isfinite(value)}

    def as_dict(self) -> dict[str, Any]:
        """Everything but the single lists, with dates as ISO text, for JSON; undefined values are None."""
        record = asdict(self)
        del record["lists"]
        return jsonable(record)


def jsonable(value: Any) -> Any:
    """The same record for JSON: dates as ISO text, undefined numbers None."""
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
