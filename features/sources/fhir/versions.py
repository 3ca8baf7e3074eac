"""Versions of a resource: exports of a history tell one several times, and the last is what holds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .resources import Resource
from .values import at, first_code, instants, told

ERROR = "entered-in-error"
UPDATED = "meta.lastUpdated"


def updated(body: Mapping[str, Any]) -> datetime | None:
    """When the server stored this version; None where it does not say."""
    try:
        found = datetime.fromisoformat(told(body, UPDATED))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def holds(new: datetime | None, before: datetime | None) -> bool:
    """Whether a version that comes after another in the files holds: not if it is told to be the older one."""
    return new is None or before is None or new >= before


class Withdrawn:
    """Clinical resources that some version says were entered in error, and since when; nothing of any other."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[datetime | None, str]] = {}

    def note(self, one: Resource) -> None:
        if one.id and ERROR in (told(one.body, "status"), first_code(at(one.body, "verificationStatus"))):
            name, since = f"{one.type}/{one.id}", updated(one.body)
            if holds(since, self._since.get(name, (None, ""))[0]):
                self._since[name] = since, told(one.body, UPDATED)

    def known(self, one: Resource, recorded: str) -> tuple[str, str] | None:
        """From when a version counts and from when not ('' for ever): two times; None where it never did.

        `recorded` is when it was recorded as far as it says; else it was when the server stored it.
        """
        since = self._since.get(f"{one.type}/{one.id}")
        if since is None:
            return recorded, ""
        own = updated(one.body)
        if own and since[0] and own > since[0]:
            return told(one.body, UPDATED), ""
        recorded = recorded or told(one.body, UPDATED)
        first = instants([recorded], ends=True)[0].as_py()
        return (recorded, since[1]) if first and since[0] and first < since[0] else None
