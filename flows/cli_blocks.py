"""Commands that keep a large history in blocks of residents."""

from pathlib import Path
from typing import Annotated

import typer

from .commands import Json, app, reported


@app.command()
@reported
def blocks(
    history: Annotated[Path, typer.Argument(help="Folder of the history.")],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    residents: Annotated[int, typer.Option(min=1, help="About so many in a block.")] = 3_000,
    json: Json = False,
) -> None:
    """Write a history again, in blocks of residents.

    A large one is then read a block at a time, and new records are added with append. Names are copied if sealed.
    """
    from .large import in_blocks

    in_blocks(history, out, residents, machine=json)


@app.command()
@reported
def append(
    history: Annotated[Path, typer.Argument(help="Folder of a history in blocks.")],
    new: Annotated[Path, typer.Argument(help="Folder with tables of new rows.")],
    json: Json = False,
) -> None:
    """Add new records to a history in blocks.

    All of them or none; a correction is a later version of its record.
    """
    from .large import add

    add(history, new, machine=json)
