"""Whether decisions are still as they were saved: the line of the trail that tells of one holds its digest.

Decisions, their actions and their responses are never changed, and an action ends once; so whatever differs from the
digest of that moment was changed past the room. Lines from before digests were kept have none: those are counted. The
random id of the form is in each digest, so that nobody who reads the trail can try out what may have been written.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from . import trail
from .clinical import ActionRow, DecisionRow, ResponseRow
from .tables import TrailRow
from .trail import Head

DIGEST = "digest"  # of the line's detail
_AT_ONCE = 1000  # decisions in memory
# What a digest is of, for ever: a column that comes later is not in those that were kept before it came.
_DECISION = (
    *("id", "resident_id", "home_id", "practice", "team_id", "as_of", "revision", "list_digest", "based_on", "form"),
    *("author_id", "author_name", "author_role", "made_at", "outcome", "not_suitable_reason", "wishes", "capacity"),
    *("attorney", "family_told", "note", "review_on", "share_with_home"),
)
_ACTION = ("id", "decision_id", "what", "owner", "due_on")
_RESPONSE = ("id", "decision_id", "reason_group", "sentence", "response")
_END = ("id", "done_at", "done_by", "cancelled_at", "cancelled_by", "cancelled_why")
_ENDED = ("action_done", "action_cancelled")


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong in words, None for nothing; where the trail ends; how many decisions and ends of actions were
    compared with their lines, and how many have a line without a digest."""

    wrong: str | None
    head: Head
    compared: int = 0
    without: int = 0


@dataclass
class _Told:
    """The digest that the trail gave to each id, None for a line from before there were any."""

    digests: dict[int, str | None] = field(default_factory=dict)
    twice: int | None = None  # the number of a line that tells of something a second time

    def add(self, seq: int, id: int, digest: str | None) -> None:
        if id in self.digests:
            self.twice = self.twice or seq
        self.digests.setdefault(id, digest)


def of_decision(session: Session, decision_id: int) -> str:
    """The digest of a decision as the store has it, with what was written of its actions and its responses."""
    rows = session.execute(select(*_columns(DecisionRow, _DECISION)).where(DecisionRow.id == decision_id)).all()
    return dict(_decisions(session, rows))[decision_id]


def of_end(session: Session, action_id: int) -> str:
    """The digest of how an action ended."""
    return _digest(session.execute(_ends().where(ActionRow.id == action_id)).one())


def check(session: Session, noted: Head | None = None) -> Checked:
    """The trail, line by line, and every decision against its line. `noted` is a head kept outside the store."""
    head, wrong = trail.head(session), trail.verify(session, noted)
    if wrong:
        return Checked(wrong, head)
    decided, ended = _told(session)
    if seq := decided.twice or ended.twice:
        return Checked(f"line {seq} tells for a second time of what was decided or ended before", head)
    changed, gone = _compared(decided, _all_decisions(session), "decision")
    end_changed, end_gone = _compared(ended, _all_ends(session), "end of action")
    wrong = changed or end_changed or gone or end_gone  # what was deleted on purpose hides nothing that was changed
    digests = [*decided.digests.values(), *ended.digests.values()]
    without = digests.count(None)
    return Checked(wrong, head, len(digests) - without, without)


def _compared(told: _Told, found: Iterable[tuple[int, str]], what: str) -> tuple[str | None, str | None]:
    """What was changed or put in, and what was taken away, in words."""
    changed, seen = None, set()
    for id, digest in found:
        seen.add(id)
        if id not in told.digests:
            changed = changed or f"no line of the trail tells of {what} {id}"
        elif told.digests[id] not in (None, digest):
            changed = changed or f"{what} {id} is not as it was saved"
    gone = sorted(told.digests.keys() - seen)
    others = f" (and {len(gone) - 1} more)" if len(gone) > 1 else ""
    return changed, f"{what} {gone[0]}{others} is not there any more" if gone else None


def _told(session: Session) -> tuple[_Told, _Told]:
    decided, ended = _Told(), _Told()
    query = select(TrailRow.seq, TrailRow.action, TrailRow.detail).where(TrailRow.action.in_(("decided", *_ENDED)))
    for seq, action, detail in session.execute(query.order_by(TrailRow.seq), execution_options={"yield_per": _AT_ONCE}):
        said = json.loads(detail)
        kind, told = ("action", ended) if action in _ENDED else ("decision", decided)
        told.add(seq, said[kind], said.get(DIGEST))
    return decided, ended


def _all_decisions(session: Session) -> Iterator[tuple[int, str]]:
    query = select(*_columns(DecisionRow, _DECISION)).order_by(DecisionRow.id).limit(_AT_ONCE)
    last = 0
    while rows := session.execute(query.where(DecisionRow.id > last)).all():
        yield from _decisions(session, rows)
        last = rows[-1].id


def _all_ends(session: Session) -> Iterator[tuple[int, str]]:
    ended = ActionRow.done_at.is_not(None) | ActionRow.cancelled_at.is_not(None)
    query = _ends().where(ended).order_by(ActionRow.id)
    for row in session.execute(query, execution_options={"yield_per": _AT_ONCE}):
        yield row.id, _digest(row)


def _ends() -> Select[Any]:
    return select(*_columns(ActionRow, _END), DecisionRow.form).join(DecisionRow)


def _decisions(session: Session, rows: Iterable[Any]) -> Iterator[tuple[int, str]]:
    rows = list(rows)
    ids = [row.id for row in rows]
    actions, responses = _parts(session, ActionRow, _ACTION, ids), _parts(session, ResponseRow, _RESPONSE, ids)
    for row in rows:
        yield row.id, _digest([*row], actions.get(row.id, []), responses.get(row.id, []))


def _parts(session: Session, table: Any, names: tuple[str, ...], decisions: list[int]) -> dict[int, list[list[Any]]]:
    parts: dict[int, list[list[Any]]] = {}
    query = select(*_columns(table, names)).where(table.decision_id.in_(decisions)).order_by(table.id)
    for row in session.execute(query):
        parts.setdefault(row.decision_id, []).append([*row])
    return parts


def _columns(table: Any, names: tuple[str, ...]) -> list[Any]:
    return [getattr(table, name) for name in names]


def _digest(*values: Any) -> str:
    text = json.dumps([[*one] for one in values], ensure_ascii=False, separators=(",", ":"), default=_moment)
    return hashlib.sha256(text.encode()).hexdigest()


def _moment(value: date | datetime) -> str:
    """The same on every database: moments come in UTC."""
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value.isoformat()
