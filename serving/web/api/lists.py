"""Weeks, lists and their entries."""

from datetime import date

from serving.published import HeldList
from serving.rows import Watchlist

from ..arrivals import Arrived
from ..deps import Refused, Visiting
from ..listing import Listing, Row, is_out_of_date
from ..pages.lists import held_list, seen_list
from ..pages.weeks import own, published_week
from .common import Slug, Word, new_router
from .models import ArrivedAnswer, LeftAnswer, ListAnswer, ListName, RowAnswer, WeekOfLists, Weeks

router = new_router()


@router.get("/weeks")
def weeks(visit: Visiting) -> Weeks:
    """Mondays with published lists, the latest first."""
    visit.allow("see_lists")
    return Weeks(weeks=list(visit.room.lists.weeks()))


@router.get("/lists/{as_of}")
def lists(visit: Visiting, as_of: date) -> WeekOfLists:
    """The lists of a week that concern this person."""
    visit.allow("see_lists")
    mine, held = own(visit, as_of)
    names = [*(_name(slug, one) for slug, one in mine.items()), *(_held(one) for one in held)]
    return WeekOfLists(as_of=as_of, out_of_date=is_out_of_date(as_of, visit.room.today()), lists=names)


@router.get("/lists/{as_of}/{slug}")
def one_list(visit: Visiting, as_of: date, slug: Slug, home: Word = "", show: Word = "all") -> ListAnswer:
    """One list with its residents; `home` is an id, `show` is all, new or back."""
    visit.allow("see_lists")
    week = published_week(visit, as_of)
    if slug not in week.lists:
        raise Refused(409, "This list is held back", "; ".join(held_list(visit, week, slug).reasons))
    seen = seen_list(visit, week, slug, home, show)
    watchlist, listing = seen.watchlist, seen.listing
    same = ("revision", "team", "data_until", "horizon_days", "outcome_label", "model_version")
    counts = ("base_risk", "listed_risk", "covered")
    return ListAnswer(
        **{name: getattr(watchlist, name) for name in (*same, *counts)},
        as_of=as_of,
        digest=week.digests[slug],
        not_covered=listing.not_covered,
        out_of_date=is_out_of_date(as_of, visit.room.today()),
        warnings=list(watchlist.warnings),
        feeds=list(watchlist.feeds),
        rows=_rows(listing),
        gone=[_row(row) for row in listing.gone],
        left=[LeftAnswer(left=one.left, identity=one.identity) for one in listing.left],
        arrived=[_arrived(one) for one in listing.arrived],
        others=listing.others,
        hidden=listing.hidden,
        names_missing=seen.known.missing,
    )


def _name(slug: str, one: Watchlist) -> ListName:
    return ListName(slug=slug, label=one.team.label)


def _held(one: HeldList) -> ListName:
    return ListName(slug=one.slug, label=one.label, held_back=list(one.reasons))


def _rows(listing: Listing) -> list[RowAnswer]:
    return [_row(row) for section in listing.rows.values() for row in section]


def _arrived(one: Arrived) -> ArrivedAnswer:
    place = one.place
    return ArrivedAnswer(
        resident_id=place.resident_id,
        home_id=place.home_id,
        home_label=place.home_label,
        identity=one.identity,
        why=one.why,
    )


def _row(row: Row) -> RowAnswer:
    return RowAnswer(entry=row.entry, identity=row.identity, now=row.now, shares_name=row.shares_name)
