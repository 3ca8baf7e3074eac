"""`python -m tests.bench.sizes`: make a county, a region and England, and write docs/synthetic/sizes.md."""

import json
import shutil
from dataclasses import dataclass

from .measure import run
from .site import HOMEROUND, ROOT, folders

WORK = ROOT / "var/sizes"
SIZES = {
    "county": (),
    "region": ("--homes", "1436", "--residents", "40000", "--weeks", "104", "--truth-weeks", "1", "--no-rates"),
    "England": ("--homes", "15800", "--residents", "380000", "--weeks", "66", "--truth-weeks", "1", "--no-rates"),
}
PAGE = """# How large an invented history can be

Made by `python -m tests.bench.sizes` on two cores. Memory is that of the largest process and hardly grows with the number of
residents: blocks of a thousand beds are simulated, written and forgotten. The first run on a machine also compiles (the
county then took 1.3 minutes); these are later ones.

| | homes | residents | spells | events | minutes | CPU min | peak MiB | GB on disk | command |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Made:
    """One history: its size, and what making it took."""

    name: str
    homes: int
    rows: dict[str, int]
    wall: float
    cpu: float
    peak_mib: float
    gigabytes: float

    def line(self) -> str:
        command = " ".join(("homeround synth OUT", *SIZES[self.name]))
        counts = " | ".join(f"{self.rows[name]:,}" for name in ("residents", "spells", "events"))
        times = f"{self.wall / 60:.1f} | {self.cpu / 60:.1f} | {self.peak_mib:,.0f} | {self.gigabytes:.2f}"
        return f"| {self.name} | {self.homes:,} | {counts} | {times} | `{command}` |"


def make(name: str) -> Made:
    """Make one history with the command a user would give, measure it, and remove it."""
    out = WORK / name
    shutil.rmtree(out, ignore_errors=True)
    found = run([HOMEROUND, "synth", str(out), *SIZES[name], "--json"], **folders(WORK))
    told = json.loads("\n".join(found.lines))
    size = sum(path.stat().st_size for path in out.iterdir()) / 1e9
    shutil.rmtree(out)
    return Made(name, told["homes"], told["rows"], found.wall, found.cpu, found.peak_mib, size)


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    lines = []
    for name in SIZES:
        lines.append(make(name).line())
        print(lines[-1], flush=True)
    (ROOT / "docs/synthetic/sizes.md").write_text(PAGE + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
