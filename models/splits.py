"""Time splits: fit | embargo | calibrate | embargo | test, over weekly as-ofs.

The embargo is the horizon plus the coding delay. A row's label is usable once that much time has passed, so an
embargo of the same length guarantees that on the first calibration Monday every fit label was already known, and
on the first test Monday every calibration label: a team training on those days could have had exactly these
labels. The guarantee is exact when labels are made with what was recorded within horizon plus delay of their own
as-of; where they are made with everything recorded up to the data cut-off, diagnoses coded later than the delay
are the only difference. The backtest has no such difference: it labels each fold with what was recorded before its
own first test Monday.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from models.errors import SplitError

MIN_FIT_WEEKS = 8
MIN_CALIBRATE_WEEKS = 3
MIN_TEST_WEEKS = 2


@dataclass(frozen=True)
class TimeSplit:
    """As-of dates of each part, in order of time. `test` is empty for the split of a model made for use."""

    fit: tuple[date, ...]
    calibrate: tuple[date, ...]
    test: tuple[date, ...]
    embargo_days: int
    until: date


def usable_as_ofs(as_ofs: Iterable, *, horizon_days: int, delay_days: int, until: date) -> tuple[date, ...]:
    """Distinct as-ofs, sorted, whose horizon and coding delay have passed by the data cut-off `until`."""
    days = np.unique(np.asarray(list(as_ofs), dtype="datetime64[D]")).astype(object)
    mature = timedelta(days=horizon_days + delay_days)
    return tuple(day for day in days if day + mature <= until)


def time_split(
    as_ofs: Iterable,
    *,
    horizon_days: int,
    delay_days: int,
    until: date,
    test_weeks: int = 8,
    calibrate_weeks: int = 12,
) -> TimeSplit:
    """Split for evaluation, latest weeks last.

    Fitting keeps at least as many weeks as calibration and test together (8 or more). A history too short for
    the weeks asked for gets fewer test and calibration weeks, in proportion, down to 2 and 3; below that
    SplitError says how long it would have to be.
    """
    usable = usable_as_ofs(as_ofs, horizon_days=horizon_days, delay_days=delay_days, until=until)
    embargo = horizon_days + delay_days
    for test, calibrate in _shrinking(test_weeks, calibrate_weeks):
        split = _cut(usable, test, calibrate, embargo, until)
        if split and _weeks(split.fit) >= max(MIN_FIT_WEEKS, test + calibrate):
            return split
    weeks = MIN_FIT_WEEKS + MIN_CALIBRATE_WEEKS + MIN_TEST_WEEKS + 2 * _between(embargo)
    raise SplitError(_too_short(usable, weeks, embargo, until))


def refit_split(
    as_ofs: Iterable, *, horizon_days: int, delay_days: int, until: date, calibrate_weeks: int = 12
) -> TimeSplit:
    """Split of the model made for use, after evaluation.

    The rule: calibrate on the latest `calibrate_weeks` usable weeks, fit on every usable week before them less
    the embargo; parameters and number of rounds stay those of the evaluated model.
    """
    usable = usable_as_ofs(as_ofs, horizon_days=horizon_days, delay_days=delay_days, until=until)
    embargo = horizon_days + delay_days
    if split := _for_use(usable, calibrate_weeks, embargo, until, ()):
        return split
    weeks = MIN_FIT_WEEKS + MIN_CALIBRATE_WEEKS + _between(embargo)
    raise SplitError(_too_short(usable, weeks, embargo, until))


def rolling_splits(
    as_ofs: Iterable,
    *,
    horizon_days: int,
    delay_days: int,
    until: date,
    folds: int = 4,
    test_weeks: int = 8,
    step_weeks: int = 0,
    calibrate_weeks: int = 12,
    training_weeks: int = 130,
) -> tuple[TimeSplit, ...]:
    """Folds of a backtest, oldest first, laid out from the latest usable as-of backwards.

    Each fold is the model that a team could have made for the first Monday of its test weeks: fitted and calibrated
    as by `refit_split` on at most `training_weeks`, with the embargo before the test, so that its `until` is the
    Sunday before. Test weeks begin `step_weeks` apart (0: as many as there are test weeks) and never overlap.
    Raises SplitError with the number of folds that the history carries.
    """
    step = step_weeks or test_weeks
    if step < test_weeks:
        raise SplitError(f"test weeks would overlap: {test_weeks} of them, but folds begin {step} weeks apart")
    usable = usable_as_ofs(as_ofs, horizon_days=horizon_days, delay_days=delay_days, until=until)
    embargo = horizon_days + delay_days
    found: list[TimeSplit] = []
    while usable and len(found) < folds:
        last = usable[-1] - timedelta(weeks=step * len(found))
        test = tuple(day for day in usable if last - timedelta(weeks=test_weeks) < day <= last)
        split = _fold(usable, test, calibrate_weeks, training_weeks, embargo)
        if not split:
            break
        found.append(split)
    if len(found) < folds:
        weeks = MIN_FIT_WEEKS + MIN_CALIBRATE_WEEKS + 2 * _between(embargo) + test_weeks + (folds - 1) * step
        carries = f"it carries {len(found)} of the {folds} folds asked for, with {test_weeks} test weeks each"
        raise SplitError(f"{_too_short(usable, weeks, embargo, until)} Or ask for fewer folds: {carries}.")
    return tuple(reversed(found))


def pooled_split(splits: Sequence[TimeSplit]) -> TimeSplit:
    """The test weeks of every fold, with the fit and calibrate weeks of the first, which none of them touches."""
    first, last = splits[0], splits[-1]
    test = tuple(day for split in splits for day in split.test)
    return TimeSplit(first.fit, first.calibrate, test, first.embargo_days, last.until)


def rows_of(as_of: np.ndarray, dates: tuple[date, ...]) -> np.ndarray:
    """Mask (n,) of the rows whose as-of (datetime64[D]) is one of `dates`."""
    return np.isin(as_of, np.array(dates, dtype="datetime64[D]"))


def _shrinking(test: int, calibrate: int) -> Iterator[tuple[int, int]]:
    for weeks in range(test, MIN_TEST_WEEKS - 1, -1):
        yield weeks, max(MIN_CALIBRATE_WEEKS, round(calibrate * weeks / test))


def _cut(usable: tuple[date, ...], test: int, calibrate: int, embargo: int, until: date) -> TimeSplit | None:
    if not usable:
        return None
    late = _latest(usable, test)
    return _fit_and_calibrate(_before(usable, late[0], embargo), calibrate, embargo, until, late)


def _fold(
    usable: tuple[date, ...], test: tuple[date, ...], calibrate_weeks: int, training_weeks: int, embargo: int
) -> TimeSplit | None:
    known = _before(usable, test[0], embargo) if test else ()
    if not known:
        return None
    return _for_use(_latest(known, training_weeks), calibrate_weeks, embargo, test[0] - timedelta(days=1), test)


def _for_use(
    usable: tuple[date, ...], calibrate_weeks: int, embargo: int, until: date, test: tuple[date, ...]
) -> TimeSplit | None:
    """Calibrated on the latest weeks, fewer of them where fitting would keep less than 8 or than these."""
    for weeks in range(calibrate_weeks, MIN_CALIBRATE_WEEKS - 1, -1):
        split = _fit_and_calibrate(usable, weeks, embargo, until, test)
        if split and _weeks(split.fit) >= max(MIN_FIT_WEEKS, weeks):
            return split
    return None


def _fit_and_calibrate(
    usable: tuple[date, ...], weeks: int, embargo: int, until: date, test: tuple[date, ...]
) -> TimeSplit | None:
    if not usable:
        return None
    calibrate = _latest(usable, weeks)
    fit = _before(usable, calibrate[0], embargo)
    return TimeSplit(fit, calibrate, test, embargo, until) if fit else None


def _latest(days: tuple[date, ...], weeks: int) -> tuple[date, ...]:
    return tuple(day for day in days if day > days[-1] - timedelta(weeks=weeks))


def _before(days: tuple[date, ...], first: date, embargo: int) -> tuple[date, ...]:
    return tuple(day for day in days if day + timedelta(days=embargo) <= first)


def _between(embargo: int) -> int:
    return -(-embargo // 7) - 1  # Mondays lost to one embargo


def _weeks(days: tuple[date, ...]) -> float:
    return (days[-1] - days[0]).days / 7 + 1


def _too_short(usable: tuple[date, ...], weeks: int, embargo: int, until: date) -> str:
    have = f"{len(usable)} usable as-ofs from {usable[0]} to {usable[-1]}" if usable else "no usable as-of"
    return (
        f"the history is too short: {have} (an as-of is usable when {embargo} days of horizon and coding delay "
        f"have passed by {until}); at least {weeks} weeks of usable as-ofs are needed. "
        "Bring a longer history, a shorter horizon or a shorter coding delay."
    )
