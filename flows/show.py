"""The command that prints the settings in force."""

import os
from typing import Any

from serving.keys import PSEUDONYM_VARIABLE

from .settings import load
from .terminal import as_json, out


def settings(*, machine: bool) -> None:
    """The settings in force, with where they came from and which keys are there (never a key)."""
    chosen = load()
    record = chosen.model_dump(mode="json")
    keys = {
        "identity_key": ("HOMEROUND_IDENTITY_KEY", chosen.paths.identity_key),
        "pseudonym_key": (PSEUDONYM_VARIABLE, chosen.paths.pseudonym_key),
    }
    record["secrets"] = {
        name: "****" if os.environ.get(variable) or file.is_file() else "not set"
        for name, (variable, file) in keys.items()
    }
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
