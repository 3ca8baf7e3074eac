"""The command that prints the settings in force."""

import os
from typing import Any

from .settings import load
from .terminal import as_json, out


def settings(*, machine: bool) -> None:
    """The settings in force, with where they came from and whether the identity key is there (never the key)."""
    chosen = load()
    record = chosen.model_dump(mode="json")
    has_key = bool(os.environ.get("HOMEROUND_IDENTITY_KEY"))
    record["secrets"] = {"identity_key": "****" if has_key or chosen.paths.identity_key.is_file() else "not set"}
    if machine:
        as_json(record | {"source": str(chosen.source)})
        return
    out.print(f"[bold]{chosen.source}[/bold]")
    for section, values in record.items():
        _show(section, values)


def _show(section: str, values: Any) -> None:
    if isinstance(values, list):
        for value in values:
            out.print(f"\n[[{section}]]", markup=False)
            _rows(value)
        return
    out.print(f"\n[{section}]", markup=False)
    _rows(values)


def _rows(values: dict[str, Any]) -> None:
    for key, value in values.items():
        out.print(f"{key} = {value!r}", markup=False)
