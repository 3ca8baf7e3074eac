"""Which group of people each panel row belongs to, as known as of t: what a model is examined for fairness by.

One value per row and dimension, so that the groups of a dimension part the rows between them. What the history does
not say is a group of its own, never dropped: those who are recorded badly are those whom a model may fail.
Groups are for judging models. No feature is made of them and no weekly list carries them.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .asof import local_days
from .background import background
from .build import Prepared
from .cohort import Panel
from .kernel import clock, compute, plan
from .matrix import Matrix
from .measures import Measure, Stat
from .records import by_entity
from .visibility import micros

NOT_RECORDED = "not recorded"
PREFIX = "subgroup_"
"""Before the name of a dimension, the name of its column in the rows of a labelled matrix."""

_AGES = ("under 65", "65 to 74", "75 to 84", "85 to 94", "95 and over")
_FIFTHS = ("1 (most deprived)", "2", "3", "4", "5 (least deprived)")
_SIZES = ("up to 19 beds", "20 to 39 beds", "40 to 59 beds", "60 beds or more")
_SEXES = MappingProxyType({"F": "female", "M": "male", "X": "other (X)"})
_HOMES = MappingProxyType(
    {"residential": "residential", "nursing": "nursing", "learning_disability": "learning disability"}
)
_FUNDING = MappingProxyType({"self": "self-funded", "council": "council", "nhs": "NHS"})
_TIMES = ("within 28 days", "29 to 91 days ago", "longer ago")

# The five groups of the 2021 census of England and Wales (Office for National Statistics), by how a text begins.
# One letter is the NHS Data Dictionary's ETHNIC CATEGORY (2001 census), whose Chinese (R) the later census counts as
# Asian; Z is "not stated".
_ETHNIC = {
    "White": ("a", "b", "c", "white", "british", "irish", "gypsy", "roma"),
    "Mixed": ("d", "e", "f", "g", "mixed"),
    "Asian": ("h", "j", "k", "l", "r", "asian", "indian", "pakistani", "bangladeshi", "chinese"),
    "Black": ("m", "n", "p", "black", "african", "caribbean"),
    "Other": ("s", "other", "any other ethnic", "arab"),
    NOT_RECORDED: ("z", "99", "x", "not stated", "not known", "unknown", "not recorded", "refused"),
}
_UNGROUPED = "recorded, not grouped"

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sex": (*_SEXES.values(), NOT_RECORDED),
        "age": (*_AGES, NOT_RECORDED),
        "ethnicity": ("White", "Mixed", "Asian", "Black", "Other", _UNGROUPED, NOT_RECORDED),
        "deprivation": (*_FIFTHS, NOT_RECORDED),
        "funding": (*_FUNDING.values(), NOT_RECORDED),
        "home_type": (*_HOMES.values(), NOT_RECORDED),
        "home_size": (*_SIZES, NOT_RECORDED),
        "dementia": ("recorded", NOT_RECORDED),
        "learning_disability": ("recorded, or in a home for it", NOT_RECORDED),
        "moved_in": (*_TIMES, NOT_RECORDED),
        "completeness": ("1 (least complete)", "2", "3", "4", "5 (most complete)"),
    }
)
"""The groups of each dimension, in the order in which they are shown."""


def subgroups(prepared: Prepared, panel: Panel) -> pa.Table:
    """One text column per dimension of GROUPS but completeness, aligned with the rows of the panel."""
    return pa.table({name: pa.array(of(prepared, panel), pa.string()) for name, of in _OF.items()})


def with_subgroups(matrix: Matrix, groups: pa.Table) -> Matrix:
    """The matrix whose rows carry their groups."""
    rows = matrix.rows
    for name in groups.column_names:
        rows = rows.append_column(PREFIX + name, groups[name])
    return Matrix(rows, matrix.X, matrix.names)


def subgroups_in(rows: pa.Table) -> pa.Table:
    """The groups that the rows of a labelled matrix carry, by dimension."""
    carried = [name for name in rows.column_names if name.startswith(PREFIX)]
    return pa.table({name.removeprefix(PREFIX): rows[name] for name in carried})


def completeness(X: np.ndarray) -> np.ndarray:
    """The fifth of each row (n,) by its share of features that are not missing, among the rows given.

    Rows with the same share are in the same fifth, so fifths may differ in size. Homes without a digital record look
    like low risk: the least complete fifth is where that would show.
    """
    share = 1 - np.isnan(X).mean(axis=1)
    edges = np.quantile(share, [0.2, 0.4, 0.6, 0.8])
    return np.array(GROUPS["completeness"], object)[np.searchsorted(edges, share, side="left")]


def _banded(values: np.ndarray, edges: Sequence[float], names: Sequence[str]) -> np.ndarray:
    """The name of the band of each value: the first below the first edge; not recorded where it is NaN."""
    known = ~np.isnan(values)
    bands = np.digitize(np.where(known, values, 0.0), edges)
    return np.where(known, np.array(names, object)[bands], NOT_RECORDED)


def _band(key: str, edges: Sequence[float], names: Sequence[str]) -> Callable[[Prepared, Panel], np.ndarray]:
    return lambda prepared, panel: _banded(background(prepared.history, panel, key), edges, names)


def _sex(prepared: Prepared, panel: Panel) -> np.ndarray:
    return _of_resident(prepared, panel, "sex", lambda text: _SEXES.get(text, NOT_RECORDED))


def _ethnicity(prepared: Prepared, panel: Panel) -> np.ndarray:
    return _of_resident(prepared, panel, "ethnicity", ethnic_group)


def ethnic_group(text: str | None) -> str:
    """The census group of a recorded ethnicity: a code of the Data Dictionary, or a category in words."""
    told = (text or "").strip().lower()
    if not told:
        return NOT_RECORDED
    # The second character of a code is a local subdivision of the first.
    code = told if told == "99" or len(told) > 2 else told[0]
    for group, beginnings in _ETHNIC.items():
        if any(code == start if len(start) < 3 else code.startswith(start) for start in beginnings):
            return group
    return _UNGROUPED


def _of_resident(prepared: Prepared, panel: Panel, column: str, said: Callable[[str], str]) -> np.ndarray:
    people = prepared.history["residents"]
    words = [NOT_RECORDED if text is None else said(text) for text in people[column].to_pylist()]
    return _by_entity(words, people["resident_id"], panel.residents)[panel.entity]


def _by_entity(words: list[str], ids: pa.ChunkedArray, known_ids: pa.Array) -> np.ndarray:
    """The word of each known id from a table with a row per id; not recorded where the table lacks it."""
    row = by_entity(np.arange(len(words)), ids, known_ids, -1)
    return np.array([*words, NOT_RECORDED], object)[row]


def _funding(prepared: Prepared, panel: Panel) -> np.ndarray:
    told = prepared.history["stays"]["funding"].to_pylist()
    words = np.array([_FUNDING.get(text, NOT_RECORDED) for text in told], object)
    return words[panel.stay]


def _home_type(prepared: Prepared, panel: Panel) -> np.ndarray:
    homes = prepared.history["homes"]
    words = [_HOMES.get(text, NOT_RECORDED) for text in homes["home_type"].to_pylist()]
    return _by_entity(words, homes["home_id"], panel.homes)[panel.home]


def _ever_recorded(prepared: Prepared, panel: Panel, stream: str) -> np.ndarray:
    """Mask of the rows whose resident has any record of the stream that counts as of t."""
    steps = plan((Measure(stream, Stat.EVER),), prepared.residents.streams)
    grace = int(panel.clock.known_at[0] - panel.clock.t[0]) if len(panel.as_ofs) else 0
    when = clock(panel.as_ofs, grace, steps.windows)
    return compute(prepared.residents, steps, when, panel.entity, panel.week)[:, 0] > 0


def _dementia(prepared: Prepared, panel: Panel) -> np.ndarray:
    return _either("dementia", _ever_recorded(prepared, panel, "dementia"))


def _learning_disability(prepared: Prepared, panel: Panel) -> np.ndarray:
    in_a_home = background(prepared.history, panel, "learning_disability_home") > 0
    return _either("learning_disability", in_a_home | _ever_recorded(prepared, panel, "learning_disability"))


def _either(dimension: str, mask: np.ndarray) -> np.ndarray:
    yes, no = GROUPS[dimension]
    return np.where(mask, np.array(yes, object), no)


def _moved_in(prepared: Prepared, panel: Panel) -> np.ndarray:
    """By local days since the move into this home, told by the stay that the row stands for."""
    begun = prepared.history["stays"]["moved_in"]
    known = pc.is_valid(begun).to_numpy(zero_copy_only=False)
    day = np.where(known, local_days(micros(begun, 0)), np.nan)
    return _banded(panel.clock.day[panel.week] - day[panel.stay], (29, 92), _TIMES)


_OF: Mapping[str, Callable[[Prepared, Panel], np.ndarray]] = MappingProxyType(
    {
        "sex": _sex,
        "age": _band("age", (65, 75, 85, 95), _AGES),
        "ethnicity": _ethnicity,
        "deprivation": _band("imd_decile", (3, 5, 7, 9), _FIFTHS),
        "funding": _funding,
        "home_type": _home_type,
        "home_size": _band("beds", (20, 40, 60), _SIZES),
        "dementia": _dementia,
        "learning_disability": _learning_disability,
        "moved_in": _moved_in,
    }
)
