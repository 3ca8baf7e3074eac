"""The command line: each command is a thin call of a flow or function. Heavy modules are imported inside commands.

Exit codes: 0 done, 1 a fault of ours, 2 usage, 3 the data is not acceptable, 4 held back, wholly or in part.
"""

from pathlib import Path
from typing import Annotated

import typer

from . import cli_blocks, cli_models, cli_room  # noqa: F401 - their commands
from .commands import AsOf, Hindsight, History, Json, app, as_text, reported, with_prefect


def main() -> None:
    """Entry of the console script."""
    app()


@app.command()
@reported
def demo(
    homes: Annotated[int, typer.Option(help="Homes of the invented county.")] = 61,
    weeks: Annotated[int, typer.Option(help="Weeks of history.")] = 156,
    seed: Annotated[int, typer.Option(help="Another seed, another county.")] = 1,
    json: Json = False,
) -> int:
    """Do everything once, with invented people.

    Invents a county, trains a model and publishes this week's lists.
    """
    from .demo import demo as run

    return run(homes, weeks, seed, machine=json)


@app.command()
@reported
def synth(
    out: Annotated[Path, typer.Argument(help="Folder for the history.")],
    homes: Annotated[int, typer.Option(min=1)] = 61,
    weeks: Annotated[int, typer.Option(min=1)] = 156,
    seed: int = 1,
    residents: Annotated[int | None, typer.Option(min=1, help="Beds in use.", show_default=False)] = None,
    dirt: Annotated[float, typer.Option(min=0, help="Times what [synthetic] says goes wrong; 0: nothing.")] = 1.0,
    reviews: Annotated[
        float | None,
        typer.Option(min=0, metavar="RATIO", help="Lists and reviews act: 0.73 is 27 % fewer admissions."),
    ] = None,
    truth_weeks: Annotated[int, typer.Option(min=0, help="Last Mondays with the true risk.")] = 26,
    truth_on: Annotated[list[str] | None, typer.Option(metavar="DATE", help="These Mondays instead.")] = None,
    also: Annotated[list[str] | None, typer.Option(metavar="OUTCOME:DAYS", help="Further true risks.")] = None,
    drivers: Annotated[bool, typer.Option(help="What drives each risk on the last Monday.")] = False,
    paths: Annotated[int, typer.Option(min=1, help="Simulated futures behind each true risk.")] = 200,
    rates: Annotated[bool, typer.Option(help="Compare with the published rates.")] = True,
    json: Json = False,
) -> None:
    """Write an invented resident history, with its names sealed."""
    from features.synthetic import Size

    from .demo import invent, rates_of, truth_of
    from .terminal import as_json, show_rates
    from .terminal import out as terminal

    truth = truth_of(min(truth_weeks, weeks), paths, truth_on or (), also or (), drivers)
    made = invent(out, Size(homes, weeks, residents, seed), truth, dirt, reviews)
    made["rates"] = rates_of(out, made["residents"]) if rates else []
    if json:
        as_json(made)
    else:
        show_rates(made["rates"])
        terminal.print(f"[bold]{made['history']}[/bold]: {made['homes']} homes, {made['residents']:,} residents")


@app.command("import")
@reported
def import_(
    kind: Annotated[str, typer.Argument(metavar="omop|fhir|meds|hes|cqc|csv", help="What the source is.")],
    source: Annotated[
        str, typer.Argument(help="Folder or file; omop: also database:SECRET or database:SECRET/SCHEMA.")
    ],
    history: Annotated[Path | None, typer.Argument(help="Folder for the history.", show_default=False)] = None,
    homes: Annotated[Path | None, typer.Option(help="CSV of homes, or a history.", show_default=False)] = None,
    stays: Annotated[Path | None, typer.Option(help="CSV of who lives where.", show_default=False)] = None,
    emergencies: Annotated[
        bool, typer.Option("--unknown-as-emergency", help="Admissions of unknown method count as emergencies.")
    ] = False,
    mapping: Annotated[Path | None, typer.Option(help="TOML file for csv.", show_default=False)] = None,
    preset: Annotated[
        list[str] | None, typer.Option(help="Mapping of homeround's own for csv; repeatable.", show_default=False)
    ] = None,
    sketch: Annotated[Path | None, typer.Option(help="Write a first mapping here.", show_default=False)] = None,
    nhs_numbers: Annotated[
        bool, typer.Option("--nhs-numbers", help="Its ids are NHS numbers: write keyed pseudonyms instead.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse any row that would be dropped.")] = False,
    json: Json = False,
) -> None:
    """Turn an extract into a history, with a report."""
    from features.sources.options import Options

    from .bring import bring, draw_mapping

    if sketch:
        draw_mapping(Path(source), sketch)
    else:
        options = Options(homes, stays, emergencies, (*((mapping,) if mapping else ()), *(preset or ())))
        bring(kind, source, history, options, nhs_numbers=nhs_numbers, strict=strict, machine=json)


@app.command()
@reported
def export(
    kind: Annotated[str, typer.Argument(metavar="meds", help="What to write.")],
    history: Annotated[Path, typer.Argument(help="Folder of the history.")],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    json: Json = False,
) -> None:
    """Write a history in another format, without names."""
    from .bring import give

    give(kind, history, out, machine=json)


@app.command()
@reported
def check(history: History = None, json: Json = False) -> int:
    """Say everything that is wrong with a history."""
    from .inspect import check as run

    return run(history, machine=json)


@app.command()
@reported
def features(
    history: Annotated[Path, typer.Argument()],
    out: Annotated[Path, typer.Argument(help="Parquet file.", metavar="OUT.parquet")],
    first: Annotated[str, typer.Option("--from", metavar="DATE")],
    last: Annotated[str, typer.Option("--to", metavar="DATE")],
    json: Json = False,
) -> None:
    """Write the features of every Monday in a span."""
    from .inspect import features as run

    run(history, out, first, last, machine=json)


@app.command()
@reported
def score(
    history: Annotated[Path, typer.Argument()],
    out: Annotated[Path, typer.Argument(help="Parquet file.", metavar="OUT.parquet")],
    as_of: AsOf = "",
    backdated: Hindsight = False,
    json: Json = False,
) -> None:
    """Write every resident's chance.

    As of a Monday: the latest one that the history covers when none is named.
    """
    from .inspect import score as run

    run(history, out, as_of, backdated=backdated, machine=json)


@app.command()
@reported
def weekly(
    history: History = None,
    as_of: AsOf = "",
    out: Annotated[Path | None, typer.Option(metavar="PUBLISHED", help="[paths.published]", show_default=False)] = None,
    backdated: Hindsight = False,
    json: Json = False,
) -> int:
    """Publish the lists of a Monday.

    The latest Monday that the history covers when none is named.
    """
    from .terminal import as_json, progress, show_weekly

    day = _monday(as_of, history)
    with with_prefect(), progress("Making the lists"):
        from .weekly import weekly as flow

        done = flow(day, as_text(history), as_text(out), backdated="yes" if backdated else "")
    as_json(done) if json else show_weekly(done)
    return int(done["exit_code"])


@app.command()
@reported
def reveal(
    folder: Annotated[Path, typer.Argument(metavar="PUBLISHED/<as-of>/r<n>/<team>", help="One published list.")],
    for_whom: Annotated[str, typer.Option("--for", metavar="NAME", help="Who will read it.")],
    purpose: Annotated[str, typer.Option(metavar="TEXT", help="What for.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the named files.")],
    formats: Annotated[
        str, typer.Option("--as", metavar="FORMATS", help="Of html,xlsx,pdf,mdt,nhs-numbers,fhir,calendar.")
    ] = "html,xlsx",
    history: Annotated[Path | None, typer.Option(help="[paths.history]", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Render one list with names; audited.

    The files are for one person and one purpose; every use is written to the audit trail. docs/files.md says which
    format is for what.
    """
    from .disclose import reveal as run

    run(folder, for_whom, purpose, out, history, formats, machine=json)


@app.command()
@reported
def seal(history: History = None, json: Json = False) -> None:
    """Encrypt the names of a history.

    identities.parquet or .csv becomes identities.sealed, and the plain file is removed.
    """
    from .disclose import seal as run

    run(history, machine=json)


@app.command()
@reported
def find(
    for_whom: Annotated[str, typer.Option("--for", metavar="NAME", help="Who asks.")],
    purpose: Annotated[str, typer.Option(metavar="TEXT", help="What for.")],
    history: History = None,
    json: Json = False,
) -> None:
    """Say the pseudonym of an NHS number; audited.

    The number is asked for, or read from standard input: on a command line others could see it.
    """
    from .disclose import find as run

    number = typer.prompt("NHS number", hide_input=True, err=True)
    run(number, for_whom, purpose, history, machine=json)


@app.command()
@reported
def schedule() -> None:
    """Publish every Monday morning, and send mail every ten minutes.

    Stays running; the times are those of the settings. No mail is sent where [mail] names no host.
    """
    from .schedule import serve_flows
    from .settings import load

    serve_flows(load())


@app.command()
@reported
def settings(json: Json = False) -> None:
    """Print the settings in force. Secrets are never among them."""
    from .show import settings as run

    run(machine=json)


def _monday(as_of: str, history: Path | None) -> str:
    """The day asked for, or the latest Monday that the history covers: what cannot be done is said at once."""
    from .settings import load
    from .steps_common import a_monday, existing, last_covered_monday

    chosen = load()
    folder = existing(history or chosen.paths.history)
    return (a_monday(as_of) if as_of else last_covered_monday(folder, chosen)).isoformat()


if __name__ == "__main__":
    main()
