"""Named secrets: HOMEROUND_SECRET_<NAME>, or the file NAME in the folder that paths.secrets names."""

from serving.keys import key

from .settings import Settings


def secret(name: str, chosen: Settings) -> str:
    """The secret of that name. Raises UsageError for none, or a file that others can read."""
    variable = f"HOMEROUND_SECRET_{name.upper().replace('-', '_')}"
    return key(chosen.paths.secrets / name, variable).decode()
