"""The whole of monitoring as one value: every row that was looked at, the signals, and the one action they ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from models.judged import Judged
from models.monitoring.charts import ChartPoint
from models.monitoring.codes import CodeChange, code_signals
from models.monitoring.feeds import HomeFeed, feed_signals, fresh_cells, home_feeds, newest
from models.monitoring.inputs import GroupShift, InputShift, group_shifts, input_shifts, input_signals
from models.monitoring.lists import ListWeek, list_charts, list_signals
from models.monitoring.outcomes import Calibrated, calibrated, outcome_signals
from models.monitoring.scores import GroupMove, ScoreShift, group_moves, score_shift, score_signals
from models.monitoring.signals import Action, Looked, Rules, Signal, by_weight, jsonable, worst
from models.monitoring.watched import Watched


@dataclass(frozen=True)
class Report:
    """Monitoring of one Monday. Nothing in it is a resident's id or row."""

    as_of: date
    action: Action
    signals: tuple[Signal, ...]
    looked: tuple[Looked, ...]
    rules: Rules
    model_version: str
    trained_until: date
    reference: tuple[date, ...]
    residents: int
    homes: tuple[HomeFeed, ...]
    codes: tuple[CodeChange, ...]
    inputs: tuple[InputShift, ...]
    groups: tuple[GroupShift, ...]
    score: ScoreShift | None
    moves: tuple[GroupMove, ...]
    lists: tuple[ListWeek, ...]
    charts: tuple[ChartPoint, ...]
    calibration: Calibrated | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why lists are held back; empty when they are not."""
        return tuple(signal.sentence for signal in self.signals if signal.action == "hold back")

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return jsonable(self)

    def counts(self) -> dict[str, int]:
        """Signals by part and action: what may be shown to any machine."""
        return {
            f"{part.part} {action}": sum(s.part == part.part and s.action == action for s in self.signals)
            for part in self.looked
            for action in ("note", "retrain", "hold back")
        }


def watch(
    seen: Watched,
    *,
    rules: Rules,
    version: str,
    within: Mapping[str, int],
    codes: Sequence[CodeChange] = (),
    lists: Sequence[ListWeek] = (),
    judged: Judged | None = None,
) -> Report:
    """Look at everything that can be looked at; what cannot says why.

    within   days in which a resident is expected to have a record, by feed
    judged   rows since the model's training whose outcomes are known, with its chances; None when there are none yet
    """
    week, before = len(seen.weeks) - 1, seen.before
    signals: list[Signal] = [*code_signals(codes, rules)]
    short = "" if len(before) >= rules.reference_least else _too_short(len(before), rules)
    homes: tuple[HomeFeed, ...] = ()
    inputs: tuple[InputShift, ...] = ()
    moves: tuple[GroupMove, ...] = ()
    score = None
    if not short:
        fresh = fresh_cells(seen, within)
        homes = home_feeds(fresh, seen.homes, week, before, newest(seen, fresh.names))
        moves, share = group_moves(seen)
        inputs = input_shifts(seen.places, week, before, seen.model.groups, share)
        score = score_shift(seen.cells(("log_odds",), seen.log_odds[:, None]), week, before)
        signals += feed_signals(fresh, homes, week, before, rules)
        signals += input_signals(inputs, rules)
        signals += score_signals(score, rules)
    charts = list_charts(lists, seen.model.horizon_days)
    calibration = calibrated(judged, rules) if judged is not None and len(judged) else None
    signals += [*list_signals(charts), *outcome_signals(calibration, rules)]
    looked = (
        Looked("feeds", len(homes), _found(signals, "feeds"), short),
        Looked("codes", len(codes), _found(signals, "codes"), "" if codes else "too few records, or too short a past"),
        Looked("inputs", len(inputs), _found(signals, "inputs"), short),
        Looked("scores", int(score is not None), _found(signals, "scores"), short),
        Looked("lists", len(lists), _found(signals, "lists"), _few_lists(lists, charts)),
        Looked("outcomes", int(calibration is not None), _found(signals, "outcomes"), _unripe(seen, calibration)),
    )
    return Report(
        seen.weeks[-1],
        worst(signals),
        by_weight(signals),
        looked,
        rules,
        version,
        seen.model.trained_until,
        seen.reference,
        int(np.sum(seen.now)),
        homes,
        tuple(codes),
        inputs,
        group_shifts(inputs, rules),
        score,
        moves,
        tuple(lists),
        charts,
        calibration,
    )


def _found(signals: Sequence[Signal], part: str) -> int:
    return sum(signal.part == part for signal in signals)


def _too_short(weeks: int, rules: Rules) -> str:
    return f"{weeks} weeks before the model's training to compare with; at least {rules.reference_least} are needed"


def _few_lists(lists: Sequence[ListWeek], charts: Sequence[ChartPoint]) -> str:
    if not lists:
        return "no list has been published yet"
    if not any(np.isfinite(point.high) for point in charts):
        return f"only {len({week.as_of for week in lists})} published, too few weeks for limits"
    return ""


def _unripe(seen: Watched, calibration: Calibrated | None) -> str:
    if calibration is not None:
        return ""
    wait = seen.model.horizon_days + seen.model.delay_days
    return f"too few outcomes are known of the weeks since the model's training; they are {wait} days after each Monday"
