"""Commands that turn other formats into a history, and back."""

from dataclasses import replace
from pathlib import Path

from features.problems import UsageError
from features.sources.door import Rules
from features.sources.options import Options
from features.sources.pseudonyms import Pseudonyms
from serving import identity
from serving.keys import PSEUDONYM_VARIABLE, make_key

from .secrets import secret
from .settings import Settings, load
from .steps_common import existing
from .terminal import as_json, out, progress, show_import

_DATABASE = "database:"


def draw_mapping(source: Path, target: Path) -> None:
    """Write a first mapping of an extract, unless the file is there."""
    from features.sources.mapped import sketch

    if target.exists():
        raise UsageError(f"{target} is there already: name a new file")
    target.write_text(sketch(source), encoding="utf-8")
    out.print(f"[bold]{target}[/bold]: edit it, then `homeround import csv {source} HISTORY --mapping {target}`")


def bring(
    kind: str, source: str, history: Path | None, options: Options, *, nhs_numbers: bool, strict: bool, machine: bool
) -> None:
    """Import a source and show its report; the report stands in the history as import.json and import.html."""
    from features.sources.importing import import_history
    from serving.render.import_page import import_page

    if history is None:
        raise UsageError("name the folder for the history")
    chosen = load()
    where, options = _place(source, options, chosen)
    rules = _rules(chosen, nhs_numbers=nhs_numbers)
    with progress(f"Importing {kind}"):
        try:
            report = import_history(kind, where, history, options, rules, strict=strict, page=import_page)
        except FileExistsError as error:
            raise UsageError(str(error)) from None
    if machine:
        as_json(report.as_dict() | {"history": str(history)})
    else:
        show_import(report, history)


def _place(source: str, options: Options, chosen: Settings) -> tuple[Path, Options]:
    """A folder; or, for database:NAME/SCHEMA, the options with the address that the secret NAME holds."""
    if not source.startswith(_DATABASE):
        return Path(source), options
    name, _, schema = source.removeprefix(_DATABASE).partition("/")
    if not name.replace("_", "").replace("-", "").isalnum():
        raise UsageError(f"{_DATABASE}NAME names a secret: never write an address on the command line")
    address = secret(name, chosen)
    return Path(name), replace(options, database=address, schema=schema)


def _rules(chosen: Settings, *, nhs_numbers: bool) -> Rules:
    return Rules(
        pseudonyms=_pseudonyms(chosen) if nhs_numbers else None,
        type_1=chosen.imports.without_type_1,
        sensitive=chosen.imports.without_sensitive,
        seal=lambda table, folder, before: identity.seal_table(
            table, folder, make_key(chosen.paths.identity_key, identity.KEY_VARIABLE), before
        ),
    )


def _pseudonyms(chosen: Settings) -> Pseudonyms:
    try:
        return Pseudonyms(make_key(chosen.paths.pseudonym_key, PSEUDONYM_VARIABLE))
    except ValueError as fault:
        raise UsageError(f"{chosen.paths.pseudonym_key}: {fault}") from None


def give(kind: str, history: Path, target: Path, *, machine: bool) -> None:
    """Export a history."""
    from features.sources import meds

    if kind != "meds":
        raise UsageError(f"{kind!r} is not a format to write: meds")
    with progress(f"Writing {kind}"):
        try:
            rows = meds.write(existing(history), target)
        except FileExistsError as error:
            raise UsageError(str(error)) from None
    if machine:
        as_json({"out": str(target), "rows": rows})
    else:
        out.print(f"[bold]{target}[/bold]: " + ", ".join(f"{name} {count:,}" for name, count in rows.items() if count))
