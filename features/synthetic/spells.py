"""Hospital spells as a provider reports them: method, codes, dates, and when each field became known."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..contract import TABLES
from . import logbook as m
from . import state as s
from .draws import Draws
from .span import DAY, HOUR, instants, visible

# (cause, coded to a potentially avoidable condition) -> primary diagnoses with weights, the commonest first.
PRIMARY: dict[tuple[int, bool], tuple[tuple[str, float], ...]] = {
    (s.CHEST, True): (("J189", 5), ("J181", 2), ("J180", 1), ("J22X", 3)),
    (s.CHEST, False): (("A419", 6), ("J960", 2), ("I509", 1), ("R060", 1)),
    (s.URINE, True): (("N390", 1),),
    (s.URINE, False): (("A419", 4), ("A415", 2), ("N179", 2), ("R33X", 1), ("T830", 1)),
    (s.SKIN, False): (("L031", 6), ("A419", 2), ("I802", 1)),
    (s.GUT, True): (("A099", 4), ("A080", 1), ("A081", 2), ("A047", 1)),
    (s.GUT, False): (("K529", 2), ("K590", 3), ("K922", 1), ("R11X", 1)),
    (s.DEHYDRATION, True): (("R634", 1), ("R633", 1), ("R638", 1)),
    (s.DEHYDRATION, False): (("E86X", 3), ("N179", 4), ("E870", 1), ("E871", 1)),
    (s.ASPIRATION, True): (("J690", 1),),
    (s.ASPIRATION, False): (("J960", 1), ("A419", 1)),
    (s.DELIRIUM, False): (("F059", 3), ("R410", 3), ("R54X", 2), ("F03X", 1)),
    (s.HEART, False): (("I500", 3), ("I501", 1), ("I509", 2), ("J81X", 1)),
    (s.COPD_FLARE, True): (("J440", 2), ("J441", 3), ("J449", 1)),
    (s.COPD_FLARE, False): (("J960", 1), ("R060", 1)),
    (s.HYPO, True): (("E116", 2), ("E119", 1), ("E100", 1)),
    (s.HYPO, False): (("E162", 1),),
    (s.CONSTIPATION, False): (("K590", 3), ("K564", 2), ("K566", 1)),
    (s.WOUND, True): (("L892", 2), ("L893", 2), ("L899", 1)),
    (s.WOUND, False): (("A419", 3), ("L031", 2), ("M869", 1)),
    (s.MEDICINE_HARM, False): (
        ("N179", 3), ("K922", 2), ("R55X", 1), ("E871", 1), ("I952", 2), ("T424", 1), ("D683", 1),
    ),
    (s.SEIZURES, False): (("G409", 3), ("R568", 2), ("G419", 1)),
    (s.FRACTURE, True): (("S720", 4), ("S721", 2), ("S525", 1), ("S422", 1), ("S324", 1), ("S320", 1), ("S223", 1)),
    (s.HEAD_INJURY, False): (("S099", 2), ("S010", 3), ("S065", 1), ("S008", 2)),
    (s.SUDDEN, True): (("J189", 4), ("N390", 2), ("J22X", 2), ("J690", 1)),
    (s.OTHER, False): (
        ("I639", 3), ("K922", 2), ("R55X", 3), ("I48X", 2), ("R074", 2), ("I214", 2), ("N179", 2), ("R104", 1),
        ("I269", 1), ("R296", 2), ("D649", 1), ("K566", 1), ("A419", 2), ("I620", 1),
    ),
    (s.ELECTIVE, False): (("H259", 3), ("C449", 2), ("D649", 2), ("N359", 1), ("K409", 1)),
}  # fmt: skip
SECONDARY = (
    ("F03X", s.DEMENTIA), ("J449", s.COPD), ("J459", s.ASTHMA), ("I509", s.HEART_FAILURE), ("I48X", s.FIBRILLATION),
    ("I259", s.ISCHAEMIC), ("I694", s.STROKE), ("E119", s.DIABETES), ("N189", s.KIDNEY), ("G20X", s.PARKINSONS),
    ("G409", s.EPILEPSY), ("M819", s.OSTEOPOROSIS),
)  # fmt: skip

CODED = 0.85  # of admissions in which a chronic condition is written down as a secondary diagnosis


@dataclass(frozen=True)
class Spells:
    """Rows of `logbook.A_*` with what every spell needs from its resident."""

    rows: np.ndarray  # int64 (spell, logbook.A_*)
    draws: Draws
    died_at: np.ndarray  # int64 instant of the resident's death, or NEVER
    people: np.ndarray  # float64 (spell, state.VECTOR), the resident on entry
    provider: np.ndarray

    def only(self, keep: np.ndarray) -> "Spells":
        return Spells(
            self.rows[keep], self.draws.take(keep), self.died_at[keep], self.people[keep], self.provider[keep]
        )


def spell_table(spells: Spells, ids: np.ndarray, midnight: np.ndarray, cutoff: int) -> pa.Table:
    """The table `spells` of the contract as known at `cutoff`; `ids` are resident ids by spell."""
    start, end = _times(spells, midnight)
    first = _columns(spells, ids, start, end, midnight, cutoff, _methods(spells), 0)
    moved, cut = _transfers(spells, midnight, start, end)
    second = spells.only(moved)
    onward = _columns(
        second, ids[moved], cut[moved], end[moved], midnight, cutoff, np.full(moved.sum(), "2B", object), 40
    )
    _shorten(first, cut, moved, cutoff)
    table = pa.concat_tables([_arrow(first), _arrow(onward)])
    who = np.concatenate([spells.rows[:, m.A_RESIDENT], second.rows[:, m.A_RESIDENT]])
    table = table.append_column("who", pa.array(who)).filter(visible(table["recorded_at"], cutoff))
    order = [(name, "ascending") for name in ("who", "admitted_at", "admission_method")]
    return table.sort_by(order).drop_columns("who")


def _times(spells: Spells, midnight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Instants of admission and of discharge or death."""
    r, d = spells.rows, spells.draws
    day, length = r[:, m.A_DAY], r[:, m.A_LENGTH]
    start = instants(midnight, day, r[:, m.A_SECOND])
    home = instants(midnight, np.minimum(day + length, len(midnight) - 1), d.between(1, 10 * 3600, 20 * 3600))
    same_day = np.minimum(start + (d.between(2, 3, 8) * HOUR).astype(np.int64), midnight[day + 1] - 1_000_000)
    # On the day that the clocks go forward, the last hour of its seconds lies after midnight.
    end = np.where(length == 0, np.where(same_day > start, same_day, start + HOUR), home)
    return start, np.where(r[:, m.A_FATAL] > 0, spells.died_at, end)


def _methods(spells: Spells) -> np.ndarray:
    d, r = spells.draws, spells.rows
    ed = np.array(["21", "2A"], object)[d.pick(3, (0.93, 0.07))]
    direct = np.array(["22", "23", "24", "2D", "28"], object)[d.pick(4, (0.55, 0.12, 0.13, 0.1, 0.1))]
    planned = np.array(["11", "12", "13"], object)[d.pick(5, (0.4, 0.3, 0.3))]
    emergency = np.where(r[:, m.A_THROUGH_ED] > 0, ed, direct)
    return np.where(r[:, m.A_CAUSE] == s.ELECTIVE, planned, emergency)


def _transfers(
    spells: Spells, midnight: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which long emergency spells are cut in two by a transfer to another hospital, and when."""
    r = spells.rows
    moved = (r[:, m.A_LENGTH] >= 6) & (r[:, m.A_CAUSE] != s.ELECTIVE) & (spells.draws.u(6) < 0.05)
    cut = instants(midnight, r[:, m.A_DAY] + 2, np.full(len(r), 50_000))
    return moved & (cut < end), cut


def _columns(
    spells: Spells, ids: np.ndarray, start: np.ndarray, end: np.ndarray, midnight: np.ndarray, cutoff: int,
    methods: np.ndarray, shift: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Columns of the contract as numpy arrays; an instant of NEVER or a text of None is missing."""
    d, r = spells.draws, spells.rows
    recorded = start + (d.between(7 + shift, 0.8, 3.0) * DAY).astype(np.int64)
    discharge_recorded = end + (d.between(8 + shift, 0.8, 7.0) * DAY).astype(np.int64)
    coded = end + ((10 + 31.5 * d.u(9 + shift) ** 2.5) * DAY).astype(np.int64)
    out, known = (discharge_recorded < cutoff), coded < cutoff
    never, none = np.iinfo(np.int64).max, np.full(len(r), None, object)
    primary = _primary(spells)
    fatal = r[:, m.A_FATAL] > 0
    ready = _ready(spells, start, end)
    return {
        "resident_id": ids,
        "admitted_at": start,
        "discharged_at": np.where(out, end, never),
        "discharge_recorded_at": np.where(out, discharge_recorded, never),
        "admission_method": methods,
        "primary_diagnosis": np.where(known, primary, none),
        "secondary_diagnoses": np.where(known, _secondary(spells, primary), none),
        "procedures": np.where(known, procedures(primary), none),
        "discharge_destination": np.where(out, _destination(spells, fatal), none),
        "ready_for_discharge_on": np.where(out & ~fatal & (ready < never), ready, never),
        "provider": spells.provider,
        "cost": np.where(known, _cost(end - start, primary), np.nan),
        "recorded_at": recorded,
        "coded_at": np.where(known, coded, never),
    }


def _shorten(columns: dict[str, np.ndarray], cut: np.ndarray, moved: np.ndarray, cutoff: int) -> None:
    """The first half of a transferred spell ends at the transfer, to another hospital (51), known three days later."""
    never = np.iinfo(np.int64).max
    recorded = cut + 3 * DAY
    out = moved & (recorded < cutoff)
    columns["discharged_at"] = np.where(moved, np.where(out, cut, never), columns["discharged_at"])
    columns["discharge_recorded_at"] = np.where(moved, np.where(out, recorded, never), columns["discharge_recorded_at"])
    columns["discharge_destination"][moved] = None
    columns["discharge_destination"][out] = "51"
    columns["ready_for_discharge_on"] = np.where(moved, never, columns["ready_for_discharge_on"])


def diagnoses(spells: Spells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Primary diagnosis, secondary diagnoses and procedures of each spell, as they are coded in the end."""
    primary = _primary(spells)
    return primary, _secondary(spells, primary), procedures(primary)


def _primary(spells: Spells) -> np.ndarray:
    out = np.full(len(spells.rows), "R69X", object)
    for (cause, avoidable), codes in PRIMARY.items():
        here = (spells.rows[:, m.A_CAUSE] == cause) & ((spells.rows[:, m.A_AVOIDABLE] > 0) == avoidable)
        names = np.array([code for code, _ in codes], object)
        out[here] = names[spells.draws.pick(10, tuple(w for _, w in codes))[here]]
    return out


def _secondary(spells: Spells, primary: np.ndarray) -> np.ndarray:
    """Chronic conditions, mostly coded, with the fall behind an injury."""
    have = np.column_stack([spells.people[:, column] > 0 for _, column in SECONDARY])
    coded = np.column_stack([spells.draws.u(11 + i) < CODED for i in range(len(SECONDARY))])
    out = np.empty(len(primary), object)
    for i, row in enumerate(have & coded):
        codes = [SECONDARY[j][0] for j in np.flatnonzero(row) if SECONDARY[j][0] != primary[i]]
        if primary[i][0] == "S":
            codes.append("W190")
        out[i] = ";".join(codes) or None
    return out


def procedures(primary: np.ndarray) -> np.ndarray:
    """The operation that goes with a diagnosis, or None."""
    hip = np.isin(primary.astype(str), ["S720", "S721"])
    eye = primary == "H259"
    return np.where(hip, "W371", np.where(eye, "C712", np.array(None, object)))


def _destination(spells: Spells, fatal: np.ndarray) -> np.ndarray:
    """Most residents are coded to their usual place of residence (19), so the home rarely shows."""
    alive = np.array(["19", "54", "65", "85"], object)[spells.draws.pick(25, (0.82, 0.06, 0.06, 0.06))]
    return np.where(fatal, "79", alive)


def _ready(spells: Spells, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The instant a resident was ready to go home: often days before they did; never for stays of a day."""
    d = spells.draws
    waited = np.where(d.u(26) < 0.62, 0.0, -4.0 * np.log(1.0 - d.u(27)))
    ready = np.maximum(end - (waited * DAY).astype(np.int64) - 2 * HOUR, start + 6 * HOUR)
    return np.where((end - start > DAY) & (ready < end), ready // 60_000_000 * 60_000_000, np.iinfo(np.int64).max)


def _cost(length: np.ndarray, primary: np.ndarray) -> np.ndarray:
    """Pounds: a short stay about 1,000, a long one several thousand, more with a hip operation."""
    hip = np.isin(primary.astype(str), ["S720", "S721"])
    return np.round(950 + 390.0 * length / DAY + 6500.0 * hip, 0)


def _arrow(columns: dict[str, np.ndarray]) -> pa.Table:
    """Typed columns; ids are given once all blocks are together."""
    never = np.iinfo(np.int64).max
    schema = TABLES["spells"].schema
    arrays = {}
    for name, values in columns.items():
        kind = schema.field(name).type
        if pa.types.is_timestamp(kind):
            arrays[name] = pa.array(values, pa.int64(), mask=values == never).cast(kind)
        elif pa.types.is_floating(kind):
            arrays[name] = pa.array(values, kind, mask=np.isnan(values))
        else:
            arrays[name] = pa.array(values, kind)
    return pa.table(arrays)
