"""The form of a decision: what a page shows in it, and the decision it makes of what was sent."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from serving.rows import Entry, Reason
from serving.store.decisions import Decision, NewAction, NewDecision, Responded, problems

ROWS = 2  # of actions, before anybody asks for more
_MOST_ROWS = 20
_DUE_IN = timedelta(days=7)
_TEXTS = ("outcome", "not_suitable_reason", "wishes", "capacity", "attorney", "note", "review_on")
_BRITISH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_NO_DATE = "Write the date as day, month and year, such as 23/11/2026"
_NEWER = "This list was published again while you were writing. Look at the page as it is now, then save again"


@dataclass(frozen=True)
class Basis:
    """The list that a decision is about: the latest of a team that reviews the resident's home."""

    as_of: date
    revision: int
    team_id: str
    slug: str
    digest: str
    entry: Entry | None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.entry.reasons if self.entry else ()


@dataclass(frozen=True)
class ActionFields:
    """One row of actions as it stands in the form."""

    what: str = ""
    owner: str = ""
    due_on: str = ""


@dataclass(frozen=True)
class Filled:
    """The form as it stands on the page: texts by field, rows of actions, answers to reasons by their place.

    `form` is drawn once a page, so that a form which is sent twice is saved once; `seen` is the newest decision the
    page showed.
    """

    form: str
    seen: int | None
    texts: Mapping[str, str]
    family_told: bool
    share_with_home: bool
    actions: tuple[ActionFields, ...]
    responses: Mapping[int, str]

    def __getattr__(self, name: str) -> str:
        """A text field by its name, for the template."""
        if name in _TEXTS:
            return self.texts.get(name, "")
        raise AttributeError(name)


def fresh(viewer_name: str, today: date, before: Decision | None) -> Filled:
    """An empty form. What seldom changes is taken over from the decision before: nobody should type it twice."""
    kept = {"wishes": before.wishes, "capacity": before.capacity or "", "attorney": before.attorney} if before else {}
    row = ActionFields(owner=viewer_name, due_on=(today + _DUE_IN).isoformat())
    rows = (row,) * ROWS
    return Filled(secrets.token_urlsafe(24), before.id if before else None, kept, False, False, rows, {})


def sent(form: Mapping[str, str], reasons: int) -> Filled:
    """The form as it was sent, without its blank rows of actions."""
    rows = (_row(form, i) for i in range(_MOST_ROWS))
    seen = form.get("seen", "")
    return Filled(
        form=form.get("form", ""),
        seen=int(seen) if re.fullmatch(r"[0-9]{1,18}", seen) else None,
        texts={name: form.get(name, "").strip() for name in _TEXTS},
        family_told="family_told" in form,
        share_with_home="share_with_home" in form,
        actions=tuple(row for row in rows if row),
        responses={i: form[f"responses-{i}"] for i in range(reasons) if form.get(f"responses-{i}")},
    )


def _row(form: Mapping[str, str], i: int) -> ActionFields | None:
    """A row with anything in it but what it was given: the page's own name and date are no action."""
    what, owner, due = (form.get(f"actions-{i}-{name}", "").strip() for name in ("what", "owner", "due_on"))
    own = (form.get(f"actions-{i}-given", ""), "")
    return ActionFields(what, owner, due) if what or owner not in own else None


def with_rows(filled: Filled, viewer_name: str, today: date, more: int = 0) -> Filled:
    """The form with as many rows of actions as a page shows, and `more`."""
    blank = ActionFields(owner=viewer_name, due_on=(today + _DUE_IN).isoformat())
    count = min(max(ROWS, len(filled.actions) + more), _MOST_ROWS)
    return replace(filled, actions=(*filled.actions, *(blank for _ in range(count - len(filled.actions)))))


def decision_of(
    filled: Filled, resident_id: str, basis: Basis, digest: str, today: date
) -> tuple[NewDecision, dict[str, str]]:
    """The decision, and everything that must be mended first, by field."""
    wrong: dict[str, str] = {}
    # What cannot be read is taken as a day that nothing else is wrong with, so that all is said at once.
    review_on = _date(filled.review_on, wrong, "review_on", today + timedelta(days=1)) if filled.review_on else None
    actions = tuple(
        NewAction(row.what, row.owner, _date(row.due_on, wrong, f"actions-{i}-due_on", today))
        for i, row in enumerate(filled.actions)
    )
    new = NewDecision(
        resident_id=resident_id,
        team_id=basis.team_id,
        as_of=basis.as_of,
        revision=basis.revision,
        list_digest=basis.digest,
        form=filled.form,
        based_on=filled.seen,
        outcome=filled.outcome,  # type: ignore[arg-type]  # problems() says what is none of the words
        not_suitable_reason=(filled.not_suitable_reason or None) if filled.outcome == "not_suitable" else None,  # type: ignore[arg-type]
        capacity=filled.capacity or None,  # type: ignore[arg-type]
        wishes=filled.wishes,
        attorney=filled.attorney,
        family_told=filled.family_told,
        note=filled.note,
        review_on=review_on,
        share_with_home=filled.share_with_home,
        actions=actions,
        responses=_responses(filled, basis),
    )
    if digest != basis.digest:
        wrong["form"] = _NEWER
    return new, problems(new, today) | wrong


def _responses(filled: Filled, basis: Basis) -> tuple[Responded, ...]:
    return tuple(
        Responded(reason.group, reason.sentence, filled.responses[i])  # type: ignore[arg-type]
        for i, reason in enumerate(basis.reasons)
        if i in filled.responses
    )


def _date(text: str, wrong: dict[str, str], field: str, otherwise: date) -> date:
    """A day as browsers send it or as people write it."""
    british = _BRITISH.fullmatch(text)
    try:
        if british:
            return date(int(british[3]), int(british[2]), int(british[1]))
        return date.fromisoformat(text)
    except ValueError:
        wrong[field] = _NO_DATE
        return otherwise
