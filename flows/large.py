"""Commands for a history in blocks of residents: making one, and adding to it."""

from pathlib import Path

from features.problems import UsageError
from serving.render.words import count

from .progress import say
from .steps_common import existing
from .terminal import as_json, out, progress


def in_blocks(history: Path, target: Path, residents: int, *, machine: bool) -> None:
    """Write a history again, in blocks. Raises UsageError for a folder that is there, and for names that lie open."""
    from features.history import locate
    from features.store.making import make_store

    if locate(existing(history), "identities"):
        raise UsageError(f"{history} holds names that are not sealed: seal them first with `homeround seal {history}`")
    with progress("Writing blocks"):
        try:
            layout = make_store(history, target, people=residents, say=say)
        except FileExistsError as error:
            raise UsageError(str(error)) from None
    rows = {name: layout.rows(name) for name in layout.tables}
    as_json({"history": str(target), "blocks": layout.blocks, "rows": rows}) if machine else out.print(
        f"[bold]{target}[/bold]: {count(rows['residents'], 'resident')} in {count(layout.blocks, 'block')}"
    )


def add(history: Path, new: Path, *, machine: bool) -> None:
    """Add the tables of a folder to a history in blocks."""
    from features.store.appending import append

    with progress("Adding records"):
        done = append(existing(history), existing(new))
    record = {"history": str(history), "rows": dict(done.rows), "touched": done.touched, "blocks": done.blocks}
    as_json(record) if machine else out.print(
        f"[bold]{history}[/bold]: {count(sum(done.rows.values()), 'row')} added "
        f"to {done.touched:,} of {count(done.blocks, 'block')}"
    )
