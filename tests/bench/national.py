"""`python -m tests.bench.national [RESIDENTS ...]`: the weekly lists of ten thousand residents to all of England.

Each size is a history of its own in blocks, made by `homeround synth`, with one model for all. Beside the run of the lists
stands the floor, what cannot be spared: reading the bytes of the history, writing as many as are published, and the
model's margins of as many rows.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.catalogue import catalogue
from features.store.opening import layout_of
from models import registry

from .processes import Work, work
from .site import HOMEROUND, ROOT, folders

FOLDER = ROOT / "var/bench/national"
SIZES = (10_000, 40_000, 100_000, 380_000)
WEEKS = 68
AS_OF = "2026-11-16"
_ENGLAND = (380_000, 15_800)  # residents and homes


@dataclass(frozen=True)
class National:
    """One size: what there was to do, what the lists took, and the floor in CPU seconds."""

    residents: int
    homes: int
    events: int
    lists: int
    weekly: Work
    floor: float

    def line(self) -> str:
        ran = self.weekly
        return (
            f"| {self.residents:,} | {self.homes:,} | {self.events / 1e6:.1f} | {self.lists:,} | {ran.wall:.0f} | {ran.cpu:.0f} "
            f"| {ran.peak_mib:,.0f} | {1000 * ran.cpu / self.residents:.2f} | {self.floor:.1f} | {ran.cpu / self.floor:.1f} |"
        )


def exponent(found: Sequence[National]) -> float:
    """The power of the number of residents with which the CPU time grows, by least squares of the logarithms."""
    x, y = (np.log(list(values)) for values in zip(*((n.residents, n.weekly.cpu) for n in found), strict=True))
    return float(np.polyfit(x, y, 1)[0])


def measured(sizes: Sequence[int] = SIZES) -> Iterator[National]:
    """Each size in turn; histories that are there already are used again."""
    model = _site(sizes[0])
    for residents in sizes:
        yield _measured(residents, model)


def _site(residents: int) -> Path:
    """The folder of the model, learnt from the smallest history."""
    if not (FOLDER / "mlruns").exists():
        history = _history(residents)
        done = work([HOMEROUND, "train", str(history), "--until", "2026-11-15"], **_env())
        if done.exit_code:
            raise RuntimeError("\n".join(done.lines[-3:]))
    return FOLDER / "mlruns"


def _history(residents: int) -> Path:
    out = FOLDER / f"history-{residents}"
    if not out.exists():
        homes = round(residents * _ENGLAND[1] / _ENGLAND[0])
        size = ("--homes", str(homes), "--residents", str(residents), "--weeks", str(WEEKS), "--seed", "21")
        done = work([HOMEROUND, "synth", str(out), *size, "--truth-weeks", "0", "--no-rates"], **_env())
        if done.exit_code:
            raise RuntimeError("\n".join(done.lines[-3:]))
    return out


def _env() -> dict[str, str]:
    return folders(FOLDER)


def _measured(residents: int, model: Path) -> National:
    history, published = _history(residents), FOLDER / "published"
    shutil.rmtree(published, ignore_errors=True)
    shutil.rmtree(FOLDER / "work/weekly", ignore_errors=True)
    ran = work([HOMEROUND, "weekly", str(history), "--out", str(published), "--as-of", AS_OF, "--json"], **_env())
    if ran.exit_code not in (0, 4):  # 4: some lists were held back
        raise RuntimeError("\n".join(ran.lines[-3:]))
    told = json.loads("\n".join(ran.lines))
    layout, floor = layout_of(history), _floor(history, published, model, residents)
    return National(residents, layout.rows("homes"), layout.rows("events"), len(told["lists"]), ran, floor)


def _floor(history: Path, published: Path, model: Path, residents: int) -> float:
    """CPU seconds to read the history's bytes, to write as many as the lists have, and to predict."""
    begun = time.process_time()
    for path in history.rglob("*.parquet"):
        path.read_bytes()
    aside = FOLDER / "floor"
    with aside.open("wb") as stream:
        for path in published.rglob("list.*"):
            stream.write(b"x" * path.stat().st_size)
    aside.unlink()
    known, _ = registry.load(model)
    X = np.random.default_rng(1).normal(size=(10_000, len(catalogue()))).astype(np.float32)
    known.margin(X[:10])
    at = time.process_time()
    known.margin(X)
    predicted = (time.process_time() - at) * 2 * residents / len(X)  # this week's rows and last week's
    return at - begun + predicted


def page(found: Sequence[National]) -> Iterator[str]:
    """The table, and how the cost grows."""
    yield "| residents | homes | million events | lists | wall s | CPU s | peak MiB | CPU ms a resident | floor, CPU s | ratio |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    yield from (one.line() for one in found)
    if len(found) > 1:
        yield f"\nCPU time grows with the number of residents to the power of {exponent(found):.2f}."


def main(sizes: Sequence[int]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = []
    for one in measured(sizes or SIZES):
        print(one.line(), flush=True)
        found.append(one)
    print("\n".join(page(found)))


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
