"""The audit trail, for administrators: who saw or did what. Residents by pseudonym alone."""

from collections.abc import Iterator
from csv import writer
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Viewer
from serving.render.csv import cell
from serving.store import accounts, kept, trail
from serving.store.database import Store
from serving.store.trail import Line

from ..deps import Visit, Visiting
from ..later import Later
from ..room import LONDON

router = APIRouter(include_in_schema=False)
_MOST = 100  # lines a page
_AT_ONCE = 5000  # lines in memory for the file
_COLUMNS = ("seq", "at", "username", "role", "action", "resident_id", "home_id", "detail")


@dataclass(frozen=True)
class Wanted:
    """The filter, as it stands in the address. A day that is none asks for nothing and is said to be wrong."""

    who: str = ""
    resident: str = ""
    day: str = ""
    month: str = ""
    year: str = ""

    @property
    def on(self) -> date | None:
        try:
            return date(int(self.year), int(self.month), int(self.day))
        except ValueError:
            return None

    @property
    def wrong(self) -> str:
        given = self.day or self.month or self.year
        return "Enter a real day, such as 18 11 2026" if given and not self.on else ""

    def query(self) -> dict[str, Any]:
        """The same for the store."""
        asked: dict[str, Any] = {"resident_id": self.resident.strip()}
        if self.who.isdecimal():
            asked["account_id"] = int(self.who)
        if self.on:
            asked["since"] = datetime.combine(self.on, time(), LONDON)
            asked["until"] = datetime.combine(self.on + timedelta(days=1), time(), LONDON)
        return asked


@router.get("/trail")
def show(
    visit: Visiting, who: str = "", resident: str = "", day: str = "", month: str = "", year: str = "", before: int = 0
) -> Response:
    """The latest lines that fit the filter. That they were read is a line too."""
    visit.allow("read_trail")
    wanted = Wanted(who, resident, day, month, year)
    found = () if wanted.wrong else trail.lines(visit.db, visit.viewer, **wanted.query(), before=before, most=_MOST + 1)
    _told(visit, "trail_seen", wanted)
    people = accounts.listed(visit.db, visit.viewer)
    return visit.page(
        "trail.html",
        status=400 if wanted.wrong else 200,
        lines=found[:_MOST],
        more=len(found) > _MOST,
        wanted=wanted,
        people=people,
        error=wanted.wrong,
    )


@router.get("/trail/lines.csv")
def export(
    visit: Visiting, who: str = "", resident: str = "", day: str = "", month: str = "", year: str = ""
) -> Response:
    """Every line that fits the filter, the newest first."""
    visit.allow("read_trail")
    wanted = Wanted(who, resident, day, month, year)
    _told(visit, "trail_exported", wanted)
    store, viewer, query = visit.room.store, visit.viewer, wanted.query()
    headers = {"Content-Disposition": 'attachment; filename="trail.csv"'}
    return Later(lambda: Response(_csv(_all(store, viewer, query)), media_type="text/csv", headers=headers))


@router.get("/trail/check")
def check(visit: Visiting) -> Response:
    """Whether any line or decision was changed, taken away or put in; and the head of the trail, to keep elsewhere."""
    visit.allow("read_trail")
    visit.told("trail_checked")
    return Later(lambda: _checked(visit))


def _checked(visit: Visit) -> Response:
    with visit.room.store.reading() as db:
        found = kept.check(db)
    return visit.page("trail_check.html", found=found, at=visit.now)


def _told(visit: Visit, action: str, wanted: Wanted) -> None:
    """With the pseudonym only where there is such a resident: what people type stays out of the trail."""
    asked = wanted.resident.strip()
    known = asked if visit.room.register().find(asked) else ""
    detail = {"who": wanted.who if wanted.who.isdecimal() else "", "on": wanted.on.isoformat() if wanted.on else ""}
    visit.told(action, resident=known, detail={name: value for name, value in detail.items() if value})


def _all(store: Store, viewer: Viewer, query: dict[str, Any]) -> Iterator[Line]:
    before = 0
    with store.reading() as db:
        while found := trail.lines(db, viewer, **query, before=before, most=_AT_ONCE):
            yield from found
            before = found[-1].seq


def _csv(lines: Iterator[Line]) -> str:
    out = StringIO(newline="")
    rows = writer(out)
    rows.writerow(_COLUMNS)
    rows.writerows([cell(_text(getattr(line, name))) for name in _COLUMNS] for line in lines)
    return out.getvalue()


def _text(value: Any) -> str | int:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
