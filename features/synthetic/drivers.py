"""What drives each true risk: the log-odds that a group of facts adds to those of a resident who is usual in them.

For each group the resident's own values are replaced by the median of residents of the same type of home, an illness of
that group is taken away, and the true risk is worked out again on the same simulated futures. The driver is the
difference. Drivers need not add up: effects of the simulation multiply. `ill_now` says which group an acute illness
belongs to, since its first signs are the same for most.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from . import state as s
from .risks import DEFAULT, Snapshots, risks
from .truth import HORIZON

_COLUMNS: Mapping[str, tuple[int, ...]] = {
    "Falls": (s.UNSTEADY, s.FALL_PRONE, s.OSTEOPOROSIS, s.FRAGILITY),
    "Infection": (s.INFECTED, s.VACCINATED, s.CATHETER),
    "Nutrition and hydration": (s.WASTING, s.WEIGHT, s.DYSPHAGIA, s.FLUID),
    "Medicines": (s.MEDICINES, s.SEDATED, s.OPIOID, s.DIURETIC, s.ANTICOAGULANT, s.INSULIN, s.SULFONYLUREA, s.BONE),
    "Breathing and heart": (s.COPD, s.ASTHMA, s.HEART_FAILURE, s.FIBRILLATION, s.ISCHAEMIC),
    "Skin": (s.ULCER,),
    "Mood and cognition": (s.DEMENTIA, s.DEPRESSION),
    "Recent hospital stay": (s.POST, s.REABLEMENT),
    "Care planning": (s.PLAN, s.END_OF_LIFE),
    "Home": (s.HOME_SENDING, s.QUALITY, s.AGENCY, s.OUTBREAK, s.VACANCY),
    "Background": (
        s.FRAIL, s.AGE, s.FEMALE, s.HIDDEN, s.EARLY, s.STROKE, s.DIABETES, s.KIDNEY, s.PARKINSONS, s.EPILEPSY, s.CANCER,
        s.ARTHRITIS,
    ),
}  # fmt: skip
_ILLNESS: Mapping[str, tuple[int, ...]] = {
    "Infection": (s.CHEST, s.URINE, s.SKIN, s.GUT),
    "Nutrition and hydration": (s.DEHYDRATION, s.ASPIRATION),
    "Medicines": (s.HYPO, s.CONSTIPATION, s.MEDICINE_HARM),
    "Breathing and heart": (s.HEART, s.COPD_FLARE),
    "Skin": (s.WOUND,),
    "Mood and cognition": (s.DELIRIUM,),
    "Background": (s.SEIZURES,),
}
GROUPS = tuple(_COLUMNS)
DRIVERS = pa.schema(
    [
        ("resident_id", pa.string()),
        ("as_of", pa.date32()),
        ("feature_group", pa.string()),
        ("log_odds", pa.float64()),
        ("risk_without", pa.float64()),
        ("ill_now", pa.bool_()),
    ]
)


def usual(vectors: np.ndarray, group: str, median: np.ndarray) -> np.ndarray:
    """The vectors with one group's facts as usual: `median` is (home type, state.VECTOR)."""
    out = vectors.copy()
    columns = list(_COLUMNS[group])
    out[:, columns] = median[vectors[:, s.TYPE].astype(int)][:, columns]
    ill = ill_now(vectors, group)
    for column in (s.EPISODE, s.EPISODE_DAY, s.SEVERITY, s.TARGET, s.TREATED, s.WARD):
        out[ill, column] = 0.0
    return out


def ill_now(vectors: np.ndarray, group: str) -> np.ndarray:
    """bool (n,): whether a resident has an illness of the group, which NEWS2 and the like show whatever it is."""
    return np.isin(vectors[:, s.EPISODE], _ILLNESS.get(group, ()))


def medians(vectors: np.ndarray) -> np.ndarray:
    """float64 (home type, state.VECTOR): the usual resident of each type of home; zeros where there is none."""
    out = np.zeros((3, vectors.shape[1]))
    for kind in range(3):
        here = vectors[vectors[:, s.TYPE] == kind]
        if len(here):
            out[kind] = np.median(here, axis=0)
    return out


def drivers(at: Snapshots, median: np.ndarray, season: np.ndarray, paths: int) -> dict[str, np.ndarray]:
    """For each group, float64 (snapshot, [log-odds, risk without]) of the default outcome within 28 days."""
    whole = risks(at, DEFAULT, HORIZON, season, paths).risk
    out = {}
    for group in GROUPS:
        without = risks(replace(at, vectors=usual(at.vectors, group, median)), DEFAULT, HORIZON, season, paths).risk
        out[group] = np.column_stack([_logit(whole) - _logit(without), without])
    return out


def _logit(risk: np.ndarray) -> np.ndarray:
    inside = np.clip(risk, 1e-9, 1 - 1e-9)
    return np.log(inside / (1 - inside))
