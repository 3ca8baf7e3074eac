"""Commands of the data scientist: train, evaluate, promote, monitor."""

from pathlib import Path
from typing import Annotated

import typer

from .commands import AsOf, History, Json, app, as_text, reported, with_prefect

Until = Annotated[str, typer.Option(metavar="DATE", help="Use nothing recorded after this day.", show_default=False)]
Outcome = Annotated[str, typer.Option(help="[model.outcome]", show_default=False)]
Horizon = Annotated[int | None, typer.Option(min=1, metavar="DAYS", help="[model.horizon_days]", show_default=False)]


@app.command()
@reported
def train(
    history: History = None,
    until: Until = "",
    outcome: Outcome = "",
    horizon: Horizon = None,
    holdout: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of residents to judge on and not fit on.")
    ] = 0.0,
    outcomes: Annotated[
        str,
        typer.Option(
            metavar="HOW",
            help="judged: the model under every outcome and horizon too; refitted: beside a model of its own for each.",
            show_default=False,
        ),
    ] = "",
    tune: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="TRIALS", help="Try so many sets of parameters first. [tuning.trials]", show_default=False
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Fit, judge and register a model.

    The first model is put to use if it holds its criteria; later ones wait as candidates until promoted.
    """
    from .terminal import as_json, progress, show_training

    with with_prefect(), progress("Training"):
        from .retrain import retrain

        done = retrain(
            until,
            as_text(history),
            outcome,
            str(horizon or ""),
            str(holdout or ""),
            outcomes,
            "" if tune is None else str(tune),
        )
    as_json(done) if json else show_training(done)


@app.command()
@reported
def evaluate(
    history: History = None,
    until: Until = "",
    outcome: Outcome = "",
    horizon: Horizon = None,
    folds: Annotated[int | None, typer.Option(min=1, help="[backtest.folds]", show_default=False)] = None,
    new: Annotated[
        str,
        typer.Option(metavar="residents|homes", help="Judge each by a model made without them.", show_default=False),
    ] = "",
    out_folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="[paths.evaluation]", show_default=False)
    ] = None,
    json: Json = False,
) -> int:
    """Judge models made in the past on what followed.

    Several folds, each made with what was known then; no model is registered.
    """
    from .terminal import as_json, progress, show_evaluation

    with with_prefect(), progress("Evaluating"):
        from .evaluate import evaluate as run

        done = run(until, as_text(history), outcome, str(horizon or ""), str(folds or ""), new, as_text(out_folder))
    as_json(done) if json else show_evaluation(done)
    return int(done["exit_code"])


@app.command()
@reported
def promote(
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    version: Annotated[str, typer.Argument(help="Version; the candidate when none is named.")] = "candidate",
    history: Annotated[
        Path | None, typer.Option(help="To compare on [paths.history].", metavar="DIR", show_default=False)
    ] = None,
    as_of: Annotated[
        str, typer.Option(metavar="DATE", help="Judge as of this day; else the latest Monday covered.")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Compare anew, though a comparison was kept.")] = False,
    override: Annotated[
        str, typer.Option(metavar="TEXT", help="Why to use it though it fails; never over a leak or lost features.")
    ] = "",
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to the model in use before.")] = False,
    json: Json = False,
) -> int:
    """Put a registered model to use, if it holds its criteria.

    It is compared with the model in use, which stays registered as the previous one. A refusal ends with 4.
    """
    from .promotion import promote as run
    from .promotion import roll_back
    from .steps_promote import Decision

    if rollback:
        roll_back(Decision(by, reason), machine=json)
        return 0
    return run(version, Decision(by, reason, override), history=history, as_of=as_of, again=again, machine=json)


@app.command()
@reported
def monitor(
    history: History = None,
    as_of: AsOf = "",
    published: Annotated[
        Path | None, typer.Option(help="Published lists [paths.published].", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the report.", show_default=False)] = None,
    json: Json = False,
) -> int:
    """Look for what has changed in feeds, inputs, lists and outcomes.

    Says to note, to retrain or to hold the lists back; 4 when they are held back.
    """
    from .terminal import as_json, progress, show_monitoring

    with with_prefect(), progress("Monitoring"):
        from .monitor import monitor as run

        done = run(as_of, as_text(history), as_text(published), as_text(out))
    as_json(done) if json else show_monitoring(done)
    return done["exit_code"]


@app.command()
@reported
def exposures(
    history: History = None,
    target: Annotated[
        Path | None, typer.Argument(metavar="OUT.parquet", help="[paths.work]/exposure", show_default=False)
    ] = None,
    until: Until = "",
    json: Json = False,
) -> None:
    """Write down whom lists have shown, and what followed.

    Pseudonyms of residents, for the team's own analysis: the file is for its owner alone.
    """
    from .steps_exposure import log_exposures
    from .terminal import as_json, progress, show_exposures

    with progress("Reading the lists"):
        done = log_exposures(history, target, until)
    as_json(done) if json else show_exposures(done)
