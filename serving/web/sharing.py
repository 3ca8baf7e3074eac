"""What a clinician may let a home see of a resident: the form's choices, and what was chosen."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from serving.render.words import count
from serving.rows import HomeLine
from serving.store.actions import Action
from serving.store.forms import refuse
from serving.summary.release import Task, Told

OWN_TASKS = 2
_MOST_WORDS = 20
_SHOWN_FROM = 7  # days ahead that a release may begin
_SHOWN_FOR = 14  # days it may last at most
_REVIEW = 28  # days ahead that the next review is offered for
# What a home is never told, whoever writes it.
_NEVER = re.compile(r"\d+ in 100|\brank(ed|ing)?\b|high.risk|risk score|dnacpr|dnar\b|resuscitat\w+|respect form", re.I)


@dataclass(frozen=True)
class Offer:
    """The choices for one resident: lines of the approved table, actions that were decided, and days."""

    lines: tuple[HomeLine, ...]
    actions: tuple[Action, ...]
    today: date
    review_on: date | None

    @property
    def days_from(self) -> list[date]:
        return [self.today + timedelta(days=i) for i in range(_SHOWN_FROM)]

    @property
    def days_until(self) -> list[date]:
        return [self.today + timedelta(days=i) for i in range(_SHOWN_FOR)]

    @property
    def days_review(self) -> list[date]:
        near = [self.today + timedelta(days=i) for i in range(_REVIEW)]
        return [*near, *({self.review_on} - {*near} if self.review_on else ())]

    @property
    def usual_until(self) -> date:
        """The week's Sunday; on a Sunday the next."""
        return self.today + timedelta(days=6 - self.today.weekday() or 7)


@dataclass(frozen=True)
class Chosen:
    """What the form says."""

    told: Told
    valid_from: date
    valid_until: date


def chosen(offer: Offer, form: Mapping[str, str]) -> Chosen:
    """The choices that were made. Raises FormError with every field that must be mended."""
    wrong: dict[str, str] = {}
    first, last = (
        _day(form, name, days, wrong)
        for name, days in (("valid_from", offer.days_from), ("valid_until", offer.days_until))
    )
    lines = tuple(line for line in offer.lines if f"line-{line.id}" in form)
    tasks = (*_decided(offer, form, wrong), *_own(offer, form, wrong))
    review = _day(form, "review_on", offer.days_review, wrong) if form.get("review_on") else None
    if first and last and first > last:
        wrong["valid_until"] = "Choose a last day that is not before the first"
    if not lines and not tasks:
        wrong["lines"] = "Keep a line, or write a task: there is nothing to share"
    refuse(wrong)
    assert first is not None
    assert last is not None
    return Chosen(Told(lines, tasks, review), first, last)


def _decided(offer: Offer, form: Mapping[str, str], wrong: dict[str, str]) -> Iterator[Task]:
    for action in offer.actions:
        name = f"action-{action.id}"
        if (whose := form.get(name)) in ("home", "ours"):
            _check(action.what, name, wrong)
            yield Task(action.what, action.owner, action.due_on, whose == "ours")


def _own(offer: Offer, form: Mapping[str, str], wrong: dict[str, str]) -> Iterator[Task]:
    for i in range(OWN_TASKS):
        text, who = (" ".join(form.get(f"{name}-{i}", "").split()) for name in ("task", "who"))
        if not text:
            continue
        if len(text.split()) > _MOST_WORDS:
            wrong[f"task-{i}"] = f"Write at most {count(_MOST_WORDS, 'word')}"
        if not who:
            wrong[f"who-{i}"] = "Write who does this"
        _check(text, f"task-{i}", wrong)
        yield Task(text, who, _day(form, f"due-{i}", offer.days_until, wrong), form.get(f"whose-{i}") == "ours")


def _check(text: str, field: str, wrong: dict[str, str]) -> None:
    if found := _NEVER.search(text):
        wrong[field] = f"Leave out “{found[0]}”: a home is told no chance, no rank and no decision about resuscitation"


def _day(form: Mapping[str, str], name: str, days: list[date], wrong: dict[str, str]) -> date | None:
    found = next((day for day in days if day.isoformat() == form.get(name)), None)
    if found is None:
        wrong[name] = "Choose a day"
    return found
