"""What every command shares: the app, options that several take, errors in words, Prefect's API."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="homeround",
    help="Weekly ranked, explained review lists of care-home residents at risk of an avoidable emergency admission.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
History = Annotated[
    Path | None, typer.Argument(help="Folder of the resident history [paths.history].", show_default=False)
]
AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="A Monday.", show_default=False)]
Hindsight = Annotated[bool, typer.Option("--backdated", help="Allow a Monday that the model has learnt from; marked.")]


def reported(command: Callable[..., int | None]) -> Callable[..., None]:
    """Our own errors become words and an exit code, never a traceback."""

    @wraps(command)
    def run(**given: Any) -> None:
        from features.problems import HomeroundError

        try:
            code = command(**given)
        except HomeroundError as error:
            from .shield import Stopped, original
            from .terminal import show_error

            cause = original(error) if isinstance(error, Stopped) else error
            show_error(cause, machine=bool(given.get("json")))
            raise typer.Exit(cause.exit_code) from None
        raise typer.Exit(code or 0)

    return run


@app.callback()
def common(
    settings: Annotated[Path | None, typer.Option(help="Settings file.", metavar="FILE", show_default=False)] = None,
) -> None:
    if settings:
        os.environ["HOMEROUND_SETTINGS"] = str(settings.absolute())


@contextmanager
def with_prefect() -> Iterator[None]:
    """Prefect's API, ours or the operator's, for the length of a command."""
    from .prefect_api import running
    from .settings import load

    with running(load().paths.work):
        yield


def as_text(path: Path | None) -> str:
    return str(path.absolute()) if path else ""
