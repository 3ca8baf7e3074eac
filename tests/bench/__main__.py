"""`make bench`: measure the budgets on this machine and write docs/performance.md."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from . import national
from .measure import Run, median_of, python, run
from .site import HOMEROUND, ROOT

WORK = ROOT / "var/bench"
PEER = "timeseriesflattener==2.5.2"
_OTHERS = (PEER, "pandas", "duckdb")


@dataclass(frozen=True)
class Row:
    """One line of the page."""

    work: str
    budget: str
    wall: float
    cpu: float
    peak_mib: float
    command: str

    def line(self) -> str:
        return f"| {self.work} | {self.budget} | {self.wall:.2f} | {self.cpu:.2f} | {self.peak_mib:,.0f} | `{self.command}` |"


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    rows = []
    for row in (*_kernel(), *_starts(), *_import(), *_county(), *_room()):
        print(row.line(), flush=True)
        rows.append(row)
    peers = list(_peers())
    page = _page(rows, [*national.page(list(national.measured()))], peers)
    (ROOT / "docs/performance.md").write_text(page, encoding="utf-8")
    print("\n".join(peers))


def _of(work: str, budget: str, found: Run, command: str) -> Row:
    return Row(work, budget, found.wall, found.cpu, found.peak_mib, command)


def _kernel() -> Iterator[Row]:
    arguments = ("40000", "52", "10000000")
    found = median_of(3, python("tests.bench.kernel", *arguments))
    told = found.told
    size = f"{told['events']:,.0f} events, {told['rows']:,.0f} rows, {told['features']:.0f} features"
    command = f"python -m tests.bench.kernel {' '.join(arguments)}"
    yield Row(f"kernel, compute: {size}", "5 s, 3.5 GB", told["compute"], told["cpu"], told["peak_mib"], command)
    yield Row("kernel, sorting the records first", "", told["sort"], told["sort"], told["peak_mib"], command)


def _starts() -> Iterator[Row]:
    yield _of("`homeround --help`", "0.5 s", median_of(5, [HOMEROUND, "--help"]), "homeround --help")
    imports = [sys.executable, "-c", "import features.build"]
    yield _of("import of features", "1 s", median_of(5, imports), 'python -c "import features.build"')


def _import() -> Iterator[Row]:
    found = run(python("tests.bench.omop", "1000000", str(WORK / "omop")))
    told = found.told
    work = f"import of OMOP, {told['rows']:,.0f} rows, a million of them measurements"
    command = "python -m tests.bench.omop 1000000 FOLDER"
    yield Row(work, "", told["seconds"], told["cpu"], told["peak_mib"], command)


def _county() -> Iterator[Row]:
    """The embedded county through the commands a user types, in a folder of its own."""
    site = WORK / "site"
    shutil.rmtree(site, ignore_errors=True)
    history, published = str(site / "history"), str(site / "published")
    env = {
        "HOMEROUND_PATHS__RUNS": str(site / "mlruns"),
        "HOMEROUND_PATHS__WORK": str(site / "work"),
        "HOMEROUND_PATHS__PUBLISHED": published,
        "HOMEROUND_PATHS__IDENTITY_KEY": str(site / "identity.key"),
    }
    steps = (
        ("synthetic county, 61 homes, 156 weeks, with truth", "", ["synth", history]),
        ("check of the county", "", ["check", history]),
        ("train on the county", "", ["train", history]),
        ("weekly lists of the county, first run", "", ["weekly", history, "--out", published]),
    )
    for work, budget, command in steps:
        yield _of(work, budget, run([HOMEROUND, *command], **env), _shown(command, site))
    # Another Monday: everything but the check of the unchanged history is done anew.
    again = ["weekly", history, "--as-of", "2026-11-09", "--backdated", "--out", published]
    work = "weekly lists of the county, warm, another Monday"
    yield _of(work, "30 s", run([HOMEROUND, *again], **env), _shown(again, site))


def _room() -> Iterator[Row]:
    """Fifty people in the review room, on the county's lists."""
    site = WORK / "site"
    arguments = [str(site / name) for name in ("history", "published", "identity.key")]
    told = run(python("tests.bench.room", *arguments)).told
    command = "python -m tests.bench.room history published identity.key"
    size = f"{told['requests']:,.0f} requests of 50 people in a minute, {told['errors']:.0f} errors, {told['lost']:.0f} writes lost"
    bound = "0.2 s, no error, no write lost"
    for kind, budget in (("list", bound), ("resident", ""), ("decision", "")):
        seconds = told[f"{kind}_p95_ms"] / 1000
        yield Row(
            f"review room, {kind}, 95 in 100 within; {size}",
            budget,
            seconds,
            told["cpu_ms"] / 1000,
            told["server_mib"],
            command,
        )


def _shown(command: list[str], site: Path) -> str:
    return " ".join(["homeround", *(c.replace(str(site) + "/", "") for c in command)])


def _peers() -> Iterator[str]:
    """The same counts by others and by the kernel, at sizes that they can finish."""
    for residents, others in ((500, _OTHERS), (1_000, _OTHERS), (10_000, ("duckdb",))):
        folder = WORK / f"peer-{residents}"
        size = (str(residents), "52", str(residents * 250), str(folder))
        found = {"kernel, sorting included": run(python("tests.bench.counts", *size)).told}
        for name in others:
            if name == PEER:
                found[name] = run([_peer_environment(), str(ROOT / "tests/bench/peer.py"), str(folder)]).told
            else:
                found[f"{name} {version(name)}"] = run(python("tests.bench.engines", name, str(folder))).told
        for name, told in found.items():
            yield (
                f"| {residents:,} x 52 weeks, {residents * 250:,} events, {told['features']:.0f} counts | {name} "
                f"| {told['compute']:.2f} | {told['cpu']:.2f} | {told['peak_mib']:,.0f} | {told['total']:,.0f} |"
            )


def _peer_environment() -> str:
    folder = WORK / "peer"
    interpreter = folder / "bin/python"
    if not interpreter.exists():
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        # attrs is imported by the package but not declared by it.
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(interpreter), PEER, "attrs"], check=True)
    return str(interpreter)


def _page(rows: list[Row], countries: list[str], peers: list[str]) -> str:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    table = "\n".join(row.line() for row in rows)
    return f"""# Performance

Made by `make bench` on {machine}. Seconds and MiB as the operating system counts them; the peak is that of the largest
process; of the review room it is what its processes hold at the end, and the CPU that of a request. The kernel is the median of
three runs, the two starts of five, the rest one run. Other work on the machine
makes wall times longer, so read CPU seconds beside them.

| work | budget | wall s | CPU s | peak MiB | command |
|---|---|---|---|---|---|
{table}

## From ten thousand residents to England

`python -m tests.bench.national`: histories in blocks of {national.WEEKS} weeks by `homeround synth`, and `homeround weekly HISTORY` on
each with the check of the history, by a model of the smallest. The budget for England is 5 minutes and 6 GB. The peak is what all processes hold
together at a time, looked at twice a second. The floor is the CPU time to read the bytes of the history, to write as many as the lists have, and
to predict.

{chr(10).join(countries)}

## Beside others on the same work

Counts of 20 codes over 5 windows at weekly times, in one run on the same records, by the kernel, by timeseriesflattener, by
pandas (every pair of a Monday and an event, then counted) and by DuckDB (one query of filtered counts). The others know no
recording times, so all records count from their own time here. Their windows are of 24-hour days and ours of local calendar
days: around a change of the clock a few counts differ, which is the difference of the totals.

| work | engine | seconds | CPU s | peak MiB | sum of all counts |
|---|---|---|---|---|---|
{chr(10).join(peers)}
"""


if __name__ == "__main__":
    main()
