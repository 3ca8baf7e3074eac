"""Invented homes: names, sizes, practices and networks, how they send, and what happens to them week by week."""

from dataclasses import dataclass

import numpy as np

from . import state as s
from .jit import jit, key_of, uniform
from .week import home_week

TYPE_NAMES = ("residential", "nursing", "learning_disability")
# Central Bedfordshire care homes scheme, 2015-17: 21 residential, 12 nursing, 28 learning disability.
COUNTY = (21, 12, 28)
# Beds in use: IAU 2019 for older people's homes (mean 38 and 59); small homes for people with a learning disability.
BEDS = ((38.0, 0.42, 12, 90), (59.0, 0.32, 24, 120), (6.5, 0.33, 3, 12))
ROUND_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_FIRST = (
    "Alder", "Ash", "Bramble", "Cedar", "Chestnut", "Clover", "Elder", "Fern", "Foxglove", "Hazel", "Heather", "Holly",
    "Juniper", "Larch", "Laurel", "Lime", "Maple", "Meadow", "Oak", "Orchard", "Poplar", "Primrose", "Quince", "Rowan",
    "Sorrel", "Sycamore", "Thorn", "Willow", "Yarrow", "Yew",
)  # fmt: skip
_SECOND = (
    ("Court", "House", "Lodge", "Grange", "Manor", "View", "Hall"),
    ("Park Nursing Home", "Grange Nursing Home", "Hill Nursing Home", "Bank Care Centre", "Mead Care Centre"),
    ("Cottage", "Corner", "Row", "Close", "Way", "Mews"),
)


@dataclass(frozen=True)
class Homes:
    """`numbers` is float64 (home, column of state.H_*); the rest is text per home."""

    numbers: np.ndarray
    names: tuple[str, ...]
    imd: np.ndarray
    practices: tuple[str, ...]
    pcns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def ids(self) -> tuple[str, ...]:
        width = max(3, len(str(len(self))))
        return tuple(f"h{i + 1:0{width}d}" for i in range(len(self)))


def make_homes(count: int, residents: int | None, seed: int) -> Homes:
    """`count` homes of the three types in the county's proportion; `residents` overrides the total of beds in use."""
    kinds = np.repeat(np.arange(3), split(count))
    rng = np.random.Generator(np.random.Philox(key=[seed, 0x484F4D45]))
    beds = _beds(kinds, residents, rng)
    numbers = np.zeros((count, s.HOME_COLUMNS))
    numbers[:, s.H_TYPE], numbers[:, s.H_BEDS] = kinds, beds
    numbers[:, s.H_SENDING] = _sending(kinds, beds, rng)
    numbers[:, s.H_QUALITY] = rng.beta(8, 2.5, count) * 0.6 + 0.4
    numbers[:, s.H_ROUND] = rng.integers(0, 5, count)
    numbers[:, s.H_AGENCY] = rng.beta(2, 12, count)
    numbers[:, s.H_LISTS_FROM] = s.NEVER_LISTED
    practices = max(1, round(count / 10))
    numbers[:, s.H_PRACTICE] = rng.permutation(np.arange(count) % practices)
    pcn = numbers[:, s.H_PRACTICE].astype(int) * max(1, round(practices / 1.7)) // practices
    imd = rng.integers(2, 11, count)
    return Homes(
        numbers,
        _names(kinds, rng),
        imd,
        tuple(f"E{81000 + int(n):05d}" for n in numbers[:, s.H_PRACTICE]),
        tuple(f"U{10000 + int(n):05d}" for n in pcn),
    )


def split(count: int) -> np.ndarray:
    """Homes of each type: the county's shares by largest remainder, at least one of each from three homes on."""
    share = np.array(COUNTY) * count / sum(COUNTY)
    out = np.floor(share).astype(int)
    if count >= 3:
        out = np.maximum(out, 1)
    while out.sum() < count:
        out[np.argmax(share - out)] += 1
    while out.sum() > count:
        out[np.argmax(out - share)] -= 1
    return out


def _beds(kinds: np.ndarray, residents: int | None, rng: np.random.Generator) -> np.ndarray:
    beds = np.empty(len(kinds))
    for kind, (mean, spread, low, high) in enumerate(BEDS):
        here = kinds == kind
        drawn = np.clip(np.exp(rng.normal(0, spread, here.sum())), low / mean, high / mean)
        beds[here] = mean * drawn / (drawn.mean() if here.any() else 1.0)
    total = residents or round(sum(BEDS[k][0] for k in kinds))
    exact = beds * total / beds.sum()
    whole = np.maximum(np.floor(exact), 1)
    rest = np.argsort(whole - exact, kind="stable")[: max(int(total - whole.sum()), 0)]
    whole[rest] += 1
    return whole


def _sending(kinds: np.ndarray, beds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How readily a home sends to hospital, one on average over the beds of each type."""
    sending = np.exp(rng.normal(0, 0.2, len(kinds)))
    for kind in np.unique(kinds):
        here = kinds == kind
        sending[here] /= np.average(sending[here], weights=beds[here])
    return sending


def _names(kinds: np.ndarray, rng: np.random.Generator) -> tuple[str, ...]:
    names: list[str] = []
    taken: dict[str, int] = {}
    for kind in kinds:
        second = _SECOND[kind]
        name = f"{_FIRST[rng.integers(len(_FIRST))]} {second[rng.integers(len(second))]}"
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name} {taken[name]}")
    return tuple(names)


@jit
def home_weeks(homes, weeks, monday, calendar, seed):
    """int8 (home, week, [outbreak, vacancy]) for Mondays `monday`, `monday` + 7, ..."""
    out = np.zeros((homes, weeks, 2), np.int8)
    for h in range(homes):
        key = key_of(seed, 7_000_001, h)
        outbreak, vacancy = 0.0, 0.0
        for w in range(weeks):
            day = monday + 7 * w
            outbreak, vacancy = home_week(
                outbreak, vacancy, calendar[day, 0], uniform(key, day, 1), uniform(key, day, 2)
            )
            out[h, w, 0], out[h, w, 1] = outbreak, vacancy
    return out
