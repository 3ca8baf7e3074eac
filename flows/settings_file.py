"""Finding and reading the settings file, and saying what is wrong with it."""

import difflib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from features.problems import UsageError

NAME = "homeround.toml"
_PREFIX = "HOMEROUND_"


def find(path: Path | str | None = None) -> Path:
    """The settings file. Raises UsageError that names every place looked at."""
    if path or os.environ.get("HOMEROUND_SETTINGS"):
        chosen = Path(path or os.environ["HOMEROUND_SETTINGS"])
        if chosen.is_file():
            return chosen
        raise UsageError(f"there is no settings file {chosen}")
    places = (Path.cwd() / NAME, Path(__file__).parent.parent / NAME)
    for place in places:
        if place.is_file():
            return place
    raise UsageError(f"no settings file at {' or '.join(map(str, places))}; name one with --settings")


def read(path: Path) -> dict[str, Any]:
    """The tables of the file. Raises UsageError for a file that is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}") from error


def said(error: ValidationError, root: type[BaseModel]) -> list[str]:
    """Every problem of a validation in words: its place in the file, and for unknown keys the nearest known one."""
    return [_said(problem["loc"], problem["type"], problem["msg"], root) for problem in error.errors()]


def _said(place: tuple[Any, ...], kind: str, message: str, root: type[BaseModel]) -> str:
    where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    if kind == "extra_forbidden":
        return f"{where}: unknown key" + nearest(str(place[-1]), _keys(root, place[:-1]))
    if kind == "missing":
        return f"{where}: is missing"
    return f"{where}: {message[0].lower()}{message[1:]}"


def _keys(model: Any, place: Iterable[Any]) -> list[str]:
    """The keys that may stand at a place of the file."""
    for part in place:
        if isinstance(part, int):
            model = get_args(model)[0]
        elif isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[part].annotation
        else:
            return []
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'below'?", or the known names when none is near."""
    known = list(known)
    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {', '.join(known)}" if known else ""


def unknown_overrides(root: type[BaseModel]) -> list[str]:
    """Environment variables HOMEROUND_<SECTION>__<KEY> whose section does not exist."""
    found = []
    for name in sorted(os.environ):
        section, separator, _ = name.removeprefix(_PREFIX).partition("__")
        if name.startswith(_PREFIX) and separator and section.lower() not in root.model_fields:
            found.append(f"{name}: unknown section" + nearest(section.lower(), root.model_fields))
    return found
