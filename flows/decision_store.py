"""The store of people's decisions: where the settings say it is, and what the lists take from it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from features.asof import LONDON
from serving.recorded import NOTHING, Asked, Recorded, Review, recorded
from serving.store import feed
from serving.store.database import Store, migrate, open_store

from .secrets import secret
from .settings import Settings

_SECRET = "secret:"
_LOOKED_BACK = timedelta(days=364)


def store_of(chosen: Settings) -> Store:
    """The store, made or brought up to date first."""
    address = _address(chosen)
    migrate(address)
    return open_store(address)


def store_there(chosen: Settings) -> Store:
    """The store as it is: neither made nor brought up to date. Raises UsageError where there is none."""
    return open_store(_address(chosen))


def _address(chosen: Settings) -> str:
    given = chosen.web.store
    return secret(given.removeprefix(_SECRET), chosen) if given.startswith(_SECRET) else f"sqlite:///{_file(chosen)}"


def _file(chosen: Settings) -> Path:
    return chosen.source.parent / Path(chosen.web.store).expanduser()


def recorded_before(chosen: Settings, day: date) -> Recorded:
    """What was decided and asked for before `day` begins in London; nothing where there is no store."""
    if not chosen.web.store.startswith(_SECRET) and not _file(chosen).is_file():
        return NOTHING
    until = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    store = store_of(chosen)
    try:
        with store.reading() as session:
            decided = feed.decided(session, until - _LOOKED_BACK, until)
            asked = feed.asked(session, until - _LOOKED_BACK, until)
    finally:
        store.close()
    reviews = (Review(d.resident_id, d.team_id, d.made_at, d.outcome, d.review_on) for d in decided)
    questions = (Asked(a.resident_id, a.asked_by_role, a.asked_at, a.answer, a.answered_at) for a in asked)
    return recorded(reviews, questions, until)
