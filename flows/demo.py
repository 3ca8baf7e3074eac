"""Everything once, with invented people: a county, a model, this week's lists."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from features.problems import UsageError
from features.synthetic import Dirt, Reviews, Size, Truth

from .prefect_api import running
from .progress import say
from .settings import Settings, load
from .terminal import as_json, err, progress, show_first_rows, show_training, show_weekly

_LISTED = 0.1


def invent(
    folder: Path, size: Size, truth: Truth | None = None, dirt: float = 1.0, reviews: float | None = None
) -> dict[str, Any]:
    """Write an invented history and seal its names; `dirt` times what the settings say goes wrong with records.

    `reviews` switches weekly lists on: the ratio of admissions after a review, for one resident in ten unless the
    settings say how many.

    Raises UsageError where the folder holds something else.
    """
    from features.synthetic import synthesise
    from serving import identity
    from serving.keys import make_key

    chosen = load()
    with progress("Inventing a county"):
        try:
            dirty = Dirt(**chosen.synthetic.model_dump(exclude={"reviews"})).times(dirt)
            acting = Reviews(**chosen.synthetic.reviews.model_dump())
            if reviews is not None:
                acting = replace(acting, ratio=reviews, listed=acting.listed or _LISTED)
            made = synthesise(folder, size, truth, dirty, acting, progress=say)
        except (ValueError, FileExistsError) as error:
            raise UsageError(str(error)) from None
        identity.seal(folder, make_key(chosen.paths.identity_key, identity.KEY_VARIABLE))
    return {"history": str(folder), "homes": made.homes, "residents": made.rows["residents"], "rows": dict(made.rows)}


def truth_of(weeks: int, paths: int, mondays: Sequence[str], also: Sequence[str], drivers: bool = False) -> Truth:
    """What is asked of the truth on the command line. Raises UsageError with what is wrong."""
    try:
        pairs = tuple((name, int(days)) for name, _, days in (one.partition(":") for one in also))
        return Truth(weeks, paths, tuple(date.fromisoformat(day) for day in mondays), pairs, drivers)
    except ValueError as error:
        raise UsageError(f"{error}: write OUTCOME:DAYS, falls:28, and dates as 2026-11-16") from None


_MOST = 60_000  # residents whose history is read at once to compare it with the published rates


def rates_of(history: Path, residents: int) -> list[dict[str, Any]]:
    """Published rates beside those of an invented history; none for one too short or too large to read at once."""
    from features.synthetic.rates import realised

    if residents > _MOST:
        say(f"not compared with the published rates: more than {_MOST:,} residents")
        return []
    with progress("Comparing with the published rates"):
        return [asdict(row.target) | {"realised": row.value, "inside": row.inside} for row in realised(history)]


def demo(homes: int, weeks: int, seed: int, *, machine: bool) -> int:
    """The whole road; steps already done with the same inputs are not done again."""
    chosen = load()
    if not chosen.paths.history.is_dir():
        # The county is made on one core; the other compiles meanwhile what comes next. Nothing depends on it.
        ahead = subprocess.Popen([sys.executable, "-m", "features.warm"])
        invent(chosen.paths.history, Size(homes, weeks, seed=seed))
        ahead.wait()
    from . import lawful
    from .demo_accounts import make_demo_accounts, show_demo_accounts

    with running(chosen.paths.work):
        trained = _train(chosen)
        if not machine:
            show_training(trained)
        with progress("Making the lists"):
            from .steps_common import last_covered_monday
            from .weekly import weekly

            done = weekly(last_covered_monday(chosen.paths.history, chosen).isoformat())
    names = make_demo_accounts(chosen) if done["lists"] and lawful.only_invented(chosen.lawful_use) else ()
    if machine:
        as_json({"trained": trained, "weekly": done, "accounts": list(names)})
    else:
        _show(done)
        show_demo_accounts(names)
    return int(done["exit_code"])


def _train(chosen: Settings) -> dict[str, Any]:
    with progress("Training"):
        from .retrain import retrain

        return retrain()


def _show(done: dict[str, Any]) -> None:
    show_weekly(done)
    show_first_rows(done)
    if done["lists"]:
        first = Path(done["lists"][0]["page"]).parent
        err.print(f"\nWith names: homeround reveal {first} --for 'Dr Example' --purpose 'weekly review' --out named")
