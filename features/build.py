"""From a history to a matrix: the one path that training and the weekly list share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .asof import EPOCH, LONG_AGO, local_days
from .background import background, bed_days
from .block import Block, build_block
from .catalogue import catalogue
from .codelists.outcomes import definition
from .cohort import Panel, Status, build_panel, newest_of_feed, sorted_ids
from .history import History
from .home_pass import home_totals, others_rates, stays_by_resident
from .kernel import clock, compute, plan
from .matrix import Matrix
from .measures import Measure, Stat
from .outcomes import Outcomes, State, outcomes
from .records import home_records, resident_records
from .specs import Background, BedDays, Catalogue, FeedAge, OfHome, OthersRate, Ratio
from .streams import FEEDS, HOME_FEEDS, HOME_STREAMS, RESIDENT_STREAMS
from .visibility import micros

_CHUNK = 65_536  # panel rows whose measures are held beside the matrix at a time


@dataclass(frozen=True)
class Prepared:
    """A history sorted once for any number of as-ofs."""

    history: History
    residents: Block
    homes: Block


def prepare(history: History, outcome: str = "iau_2019") -> Prepared:
    """Sort a history's records for the kernel; `outcome` names what counts as an avoidable admission in the past."""
    residents, homes = (
        sorted_ids(history["residents"]["resident_id"]),
        sorted_ids(history["homes"]["home_id"]),
    )
    return Prepared(
        history,
        build_block(
            resident_records(history, residents, outcome),
            residents,
            RESIDENT_STREAMS,
            history["events"]["record_id"],
        ),
        build_block(home_records(history, homes), homes, HOME_STREAMS, history["home_events"]["record_id"]),
    )


def panel_of(
    prepared: Prepared, as_ofs: Sequence[date], *, grace: int, objections: Collection[str] = frozenset()
) -> Panel:
    """Everyone living in a home at each as-of; see cohort.build_panel."""
    return build_panel(prepared.history, prepared.residents, as_ofs, grace=grace, objections=objections)


def features(prepared: Prepared, panel: Panel, wanted: Catalogue | None = None) -> np.ndarray:
    """float32 (rows, features) in catalogue order; NaN is missing."""
    wanted = wanted or catalogue()
    out = np.empty((len(panel), len(wanted)), np.float32)
    column = {name: i for i, name in enumerate(wanted.names)}
    silence = feed_silence(prepared, panel)
    own_columns(prepared, panel, wanted, silence, out)
    _home_columns(prepared, panel, wanted, out, column)
    for name, fact in wanted.only(Background):
        out[:, column[name]] = background(prepared.history, panel, fact.key)
    for name, age in wanted.only(FeedAge):
        if age.of_home:
            out[:, column[name]] = np.where(np.isfinite(silence[age.feed]), silence[age.feed], np.nan)
    return out


def own_columns(
    prepared: Prepared, panel: Panel, wanted: Catalogue, silence: Mapping[str, np.ndarray], out: np.ndarray
) -> None:
    """Fill the columns of `out` that rest on the resident's own records; `silence` as of `feed_silence`."""
    column = {name: i for i, name in enumerate(wanted.names)}
    _kernel_columns(prepared, panel, wanted, silence, out, column)
    _bed_day_columns(prepared, panel, wanted, out, column)
    for name, age in wanted.only(FeedAge):
        if not age.of_home:
            newest = newest_of_feed(prepared.residents, age.feed, panel.clock, panel.entity, panel.week)
            days = _days_since(newest, panel)
            out[:, column[name]] = np.where(np.isfinite(days), days, np.nan)


def _grace(panel: Panel) -> int:
    return int(panel.clock.known_at[0] - panel.clock.t[0]) if len(panel.as_ofs) else 0


def _kernel_columns(
    prepared: Prepared,
    panel: Panel,
    wanted: Catalogue,
    silence: Mapping[str, np.ndarray],
    out: np.ndarray,
    column: dict,
) -> None:
    measures = wanted.measures()
    steps = plan(measures, prepared.residents.streams)
    when = clock(panel.as_ofs, _grace(panel), steps.windows)
    at = {m: i for i, m in enumerate(measures)}
    plain = wanted.only(Measure)
    to, source = [column[name] for name, _ in plain], [at[measure] for _, measure in plain]
    for low in range(0, len(panel), _CHUNK):
        rows = slice(low, low + _CHUNK)
        values = compute(prepared.residents, steps, when, panel.entity[rows], panel.week[rows])
        for i, measure in enumerate(measures):
            _mask_silent(values[:, i], measure, {feed: days[rows] for feed, days in silence.items()})
        out[rows, to] = values[:, source]
        for name, ratio in wanted.only(Ratio):
            over, under = values[:, at[ratio.over]], values[:, at[ratio.under]]
            with np.errstate(divide="ignore", invalid="ignore"):
                out[rows, column[name]] = np.where(under != 0, over / under - 1, np.nan)


def _mask_silent(values: np.ndarray, measure: Measure, silence: Mapping[str, np.ndarray]) -> None:
    """No fall recorded and no falls feed are different facts: a zero from a feed silent for the window is missing."""
    feed = RESIDENT_STREAMS[measure.stream].feed
    if measure.window and feed in silence and measure.stat in (Stat.COUNT, Stat.DAYS):
        # A record on the day w days ago still lies in a window of w days.
        values[(silence[feed] > measure.window) & (values == 0)] = np.nan


def feed_silence(prepared: Prepared, panel: Panel) -> dict[str, np.ndarray]:
    """Days since the newest record of each feed in the row's home (or in the whole history); inf if there is none.

    What was recorded of a resident elsewhere, before they moved in, does not show that this home's feed is alive.
    """
    out = {}
    for feed in FEEDS:
        if feed in HOME_FEEDS:
            latest = np.full((len(panel.homes), len(panel.as_ofs)), LONG_AGO, np.int64)
            np.maximum.at(latest, (panel.home, panel.week), newest_here(prepared, panel, feed))
            newest = latest[panel.home, panel.week]
        else:
            newest = panel.newest[feed][panel.week]
        out[feed] = _days_since(newest, panel)
    return out


def newest_here(prepared: Prepared, panel: Panel, feed: str) -> np.ndarray:
    """Instant of each row's newest visible record of a feed; of one that is told home by home only since the resident
    moved in. LONG_AGO if there is none."""
    newest = newest_of_feed(prepared.residents, feed, panel.clock, panel.entity, panel.week)
    if feed not in HOME_FEEDS:
        return newest
    moved_in = micros(prepared.history["stays"]["moved_in"])[panel.stay]
    return np.where(newest >= moved_in, newest, LONG_AGO)


def _days_since(newest: np.ndarray, panel: Panel) -> np.ndarray:
    never = newest == LONG_AGO
    days = panel.clock.day[panel.week] - local_days(np.where(never, 0, newest))
    return np.where(never, np.inf, days)


def _home_columns(prepared: Prepared, panel: Panel, wanted: Catalogue, out: np.ndarray, column: dict) -> None:
    of_home = wanted.only(OfHome)
    measures = tuple(source.measure for _, source in of_home)
    if measures:
        steps = plan(measures, prepared.homes.streams)
        when = clock(panel.as_ofs, _grace(panel), steps.windows)
        values = compute(prepared.homes, steps, when, panel.home, panel.week)
        for i, (name, _) in enumerate(of_home):
            out[:, column[name]] = values[:, i]
    rates = wanted.only(OthersRate)
    if not rates:
        return
    streams = tuple(dict.fromkeys(rate.stream for _, rate in rates))
    windows = tuple(sorted({rate.window for _, rate in rates}))
    when = clock(panel.as_ofs, _grace(panel), windows)
    stays = stays_by_resident(prepared.history, panel.residents, panel.homes)
    totals = home_totals(prepared.residents, stays, when, streams, len(panel.homes))
    found = others_rates(prepared.residents, stays, when, streams, panel, totals)
    for name, rate in rates:
        out[:, column[name]] = found[:, streams.index(rate.stream), windows.index(rate.window)]


def _bed_day_columns(prepared: Prepared, panel: Panel, wanted: Catalogue, out: np.ndarray, column: dict) -> None:
    chosen = wanted.only(BedDays)
    windows = tuple(sorted({source.window for _, source in chosen}))
    days = bed_days(prepared.history, panel, clock(panel.as_ofs, 0, windows).edges)
    for name, source in chosen:
        out[:, column[name]] = days[:, windows.index(source.window)]


def matrix_of(prepared: Prepared, panel: Panel, wanted: Catalogue | None = None) -> Matrix:
    """The matrix of a panel, without outcomes."""
    wanted = wanted or catalogue()
    return Matrix(rows_of(prepared.history, panel), features(prepared, panel, wanted), wanted.names)


def with_outcomes(matrix: Matrix, main: Outcomes, any_emergency: Outcomes) -> Matrix:
    """Add state, label (null: not to be fitted on) and days followed, both for any emergency admission too, and the day
    of the first admission that the label counts (null without)."""
    names = np.array([s.name.lower() for s in State])
    rows = matrix.rows.append_column("state", pa.array(names[main.state]))
    for prefix, found in (("", main), ("any_", any_emergency)):
        for name, values in (("label", found.label), ("followed_days", found.followed_days)):
            rows = rows.append_column(prefix + name, pa.array(values, pa.float64(), from_pandas=True))
    admitted = main.state == State.ADMITTED
    days = local_days(np.where(admitted, main.first, 0))
    rows = rows.append_column("admitted_on", pa.array(days, pa.int32(), mask=~admitted).cast(pa.date32()))
    return Matrix(rows, matrix.X, matrix.names)


def labelled(
    prepared: Prepared, panel: Panel, outcome: str, *, horizon_days: int, delay_days: int, known_before: date
) -> tuple[Matrix, Outcomes]:
    """Matrix with outcomes as known before the cut-off, and the outcomes themselves."""
    states = outcomes_known(
        prepared, panel, outcome, horizon_days=horizon_days, delay_days=delay_days, known_before=known_before
    )
    return with_outcomes(matrix_of(prepared, panel), *states), states[0]


def outcomes_known(
    prepared: Prepared, panel: Panel, outcome: str, *, horizon_days: int, delay_days: int, known_before: date
) -> tuple[Outcomes, Outcomes]:
    """The outcome of each panel row and any emergency admission, by what was recorded before `known_before`."""
    main, other = (
        outcomes(prepared.history, panel, definition(name), horizon_days=horizon_days, delay_days=delay_days,
                 known_before=known_before)
        for name in (outcome, "all_emergency")
    )  # fmt: skip
    return main, other


def rows_of(history: History, panel: Panel) -> pa.Table:
    """Who and when: resident_id, as_of, home_id, home_type, practice, pcn and status of each panel row."""
    homes = history["homes"]
    order = homes["home_id"].combine_chunks()
    at = pc.index_in(panel.homes, order)
    home = {c: homes[c].combine_chunks().take(at).take(pa.array(panel.home)) for c in ("home_type", "practice", "pcn")}
    days = np.array([(a - EPOCH).days for a in panel.as_ofs], np.int32)[panel.week]
    status = np.array([s.name.lower() for s in Status])[panel.status]
    return pa.table(
        {
            "resident_id": panel.residents.take(pa.array(panel.entity)),
            "as_of": pa.array(days, pa.date32()),
            "home_id": panel.homes.take(pa.array(panel.home)),
            **home,
            "status": pa.array(status, pa.string()),
        }
    )
