"""Ids in standard formats: the same thing has the same id in every copy, so that a later one replaces it."""

import uuid

_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:homeround")


def stable_id(*parts: str) -> str:
    """A name-based UUID (RFC 9562, version 5) of what the parts name; they hold pseudonyms, never NHS numbers."""
    return str(uuid.uuid5(_OURS, "\x1f".join(parts)))
