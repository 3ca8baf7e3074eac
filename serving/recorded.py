"""What people recorded about residents, as lists take it: pseudonyms, days and fixed words, never what was typed.

A review on which nothing new followed takes its resident off the capacity, until the day it named; whom somebody asked
for, and who is due again, stands on the list right after it. The same records before a Monday make the same lists.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from features.asof import LONDON

from .dates import day
from .decision_words import OUTCOMES

_ASKED_BY = {"home_manager": "the home’s manager", "gp": "a GP", "mdt_lead": "the MDT’s lead"}
OPEN = (None, "will_discuss")
ASKED_FOR = timedelta(days=28)  # an old worry is asked again, or has passed


@dataclass(frozen=True, slots=True)
class Review:
    """What a team decided on a resident, when, and when to look again. `next_week` is no review."""

    resident_id: str
    team_id: str
    made_at: datetime
    outcome: str
    review_on: date | None

    @property
    def made_on(self) -> date:
        return self.made_at.astimezone(LONDON).date()

    @property
    def discussed(self) -> bool:
        return self.outcome != "next_week"

    def due(self, as_of: date) -> bool:
        """Whether the day to review again falls into the list's week, or passed without another review."""
        return self.review_on is not None and self.review_on < as_of + timedelta(days=7)

    def told(self, as_of: date) -> str:
        """ "Reviewed 17 November: nothing to change. Review again on 7 December" """
        what = OUTCOMES[self.outcome].removeprefix("Discussed: ").lower()
        again = f". Review again on {day(self.review_on, as_of)}" if self.review_on else ""
        return f"Reviewed {day(self.made_on, as_of)}: {what}{again}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked for a resident to be talked about."""

    resident_id: str
    asked_by_role: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None

    @property
    def asked_on(self) -> date:
        return self.asked_at.astimezone(LONDON).date()


@dataclass(frozen=True)
class Recorded:
    """Everything recorded before a moment, each kind in the order it was made."""

    reviews: tuple[Review, ...] = ()
    asked: tuple[Asked, ...] = ()

    def digest(self) -> str:
        """SHA-256 of all of it; empty where nothing is recorded."""
        if not self.reviews and not self.asked:
            return ""
        rows = [
            [[str(getattr(row, name)) for name in row.__slots__] for row in kind] for kind in (self.reviews, self.asked)
        ]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    @cached_property
    def _newest(self) -> Mapping[tuple[str, str], Review]:
        return {(review.resident_id, review.team_id): review for review in self.reviews}

    @cached_property
    def _discussed(self) -> Mapping[str, datetime]:
        return {review.resident_id: review.made_at for review in self.reviews if review.discussed}

    @cached_property
    def _open(self) -> Mapping[str, Asked]:
        """By resident, the first question that waits for its answer, or for the talk it was promised."""
        waiting = (one for one in reversed(self.asked) if one.answer in OPEN)
        talked = self._discussed
        return {one.resident_id: one for one in waiting
                if one.resident_id not in talked or talked[one.resident_id] < one.asked_at}  # fmt: skip

    def review(self, resident_id: str, team_id: str) -> Review | None:
        """What the team last decided on the resident, where that was a review."""
        found = self._newest.get((resident_id, team_id))
        return found if found and found.discussed else None

    def why_shown(self, resident_id: str, team_id: str, as_of: date) -> str:
        """Why a person wants the resident on this list, whatever the estimate; empty when nobody does."""
        asked = self._open.get(resident_id)
        if asked and as_of - asked.asked_on <= ASKED_FOR:
            return f"Added by {_ASKED_BY[asked.asked_by_role]} on {day(asked.asked_on, as_of)}"
        review = self.review(resident_id, team_id)
        if review and review.review_on and review.due(as_of):
            return f"Review due {day(review.review_on, as_of)}, as decided on {day(review.made_on, as_of)}"
        return ""


NOTHING = Recorded()


def recorded(reviews: Iterable[Review], asked: Iterable[Asked], until: datetime) -> Recorded:
    """What was so at `until`: an answer that came later was not there yet."""
    known = (
        one if one.answered_at is None or one.answered_at < until
        else Asked(one.resident_id, one.asked_by_role, one.asked_at, None, None)
        for one in asked
    )  # fmt: skip
    return Recorded(tuple(reviews), tuple(known))
