"""`homeround trail verify`: whether the trail and what was decided are as the room wrote them. Nothing is changed."""

import re

from features.problems import UsageError
from serving.render.words import count
from serving.store import kept
from serving.store.kept import Checked
from serving.store.trail import Head

from .decision_store import store_there
from .settings import load
from .terminal import as_json, err, out

NOT_WHOLE = 3  # as for data that is not acceptable
_HEAD = re.compile(r"(\d+):([0-9a-f]{64})")


def verify(noted: str, *, machine: bool) -> int:
    """Say where the trail ends, or what is wrong with it. `noted` is an end that was printed before."""
    head = _head(noted) if noted else None
    store = store_there(load())
    try:
        with store.reading() as db:
            found = kept.check(db, head)
    finally:
        store.close()
    if machine:
        as_json(_record(found))
    else:
        _show(found)
    return NOT_WHOLE if found.wrong else 0


def _show(found: Checked) -> None:
    if found.wrong:
        err.print(f"[red]The trail is not whole[/red]: {found.wrong}.")
        err.print("Keep a copy of the store as it is, and tell whoever is responsible for information governance.")
        return
    out.print(f"The trail is whole: {count(found.head.seq, 'line')}.")
    out.print(f"Decisions and ends of actions that are as they were saved: {found.compared}")
    if found.without:
        out.print(f"Not checked, because they were saved before digests were kept: {found.without}")
    out.print(f"Keep its end elsewhere, and give it to the next check (--head): {_end(found.head)}")


def _record(found: Checked) -> dict[str, object]:
    numbers = {"compared": found.compared, "without_digest": found.without}
    return {"whole": not found.wrong, "wrong": found.wrong or "", "head": _end(found.head), **numbers}


def _end(head: Head) -> str:
    return f"{head.seq}:{head.digest}"


def _head(text: str) -> Head:
    found = _HEAD.fullmatch(text.strip())
    if not found:
        raise UsageError("--head: give the number and the digest of a line as they were printed, NUMBER:DIGEST")
    return Head(int(found[1]), found[2])
