"""Panel rows in a shape that tests can read: what the engine says of a resident at an as-of, and how rows differ."""

import math
from collections.abc import Sequence
from datetime import date

import numpy as np

from features.asof import DAY
from features.build import features, panel_of, prepare
from features.catalogue import catalogue
from features.cohort import Panel, Status
from features.history import History

GRACE = DAY // 4
OBJECTIONS = ("local",)

Rows = dict[tuple[str, date], dict[str, object]]


def kernel_rows(history: History, as_ofs: Sequence[date], *, grace: int = GRACE) -> Rows:
    """Home, status and every feature of each panel row, by (resident_id, as-of)."""
    prepared = prepare(history)
    panel = panel_of(prepared, as_ofs, grace=grace, objections=OBJECTIONS)
    return as_rows(panel, features(prepared, panel), catalogue().names)


def as_rows(panel: Panel, values: np.ndarray, names: Sequence[str]) -> Rows:
    residents, homes = panel.residents.to_pylist(), panel.homes.to_pylist()
    return {
        (residents[e], panel.as_ofs[w]): {
            "home_id": homes[h],
            "status": Status(s).name.lower(),
            **dict(zip(names, row, strict=True)),
        }
        for e, w, h, s, row in zip(panel.entity, panel.week, panel.home, panel.status, values.tolist(), strict=True)
    }


def differences(left: Rows, right: Rows, *, exactly: bool = True) -> list[str]:
    """Every cell in which two sets of rows differ; without `exactly` within the precision of float32."""
    found = [f"{key} stands on one side only" for key in sorted(left.keys() ^ right.keys())]
    for key in sorted(left.keys() & right.keys()):
        a, b = left[key], right[key]
        found += [f"{key} {name}: {a[name]} {b[name]}" for name in a if not _same(a[name], b[name], exactly)]
    return found


def _same(a: object, b: object, exactly: bool) -> bool:
    if not isinstance(a, float) or not isinstance(b, float) or a == b:
        return a == b
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return not exactly and math.isclose(a, b, rel_tol=2e-5, abs_tol=2e-5)
