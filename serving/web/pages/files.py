"""Files of a list with names, for a purpose that is asked and told: by the function that `homeround reveal` uses."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from fastapi import APIRouter
from starlette.responses import Response

from serving.copies import Copies, Format
from serving.reveal import copies_of
from serving.rows import Stamp, Watchlist
from serving.store.coming import coming

from ..deps import Refused, Visit, Visiting
from ..later import Later
from ..listing import Listing, is_out_of_date
from ..own_copy import own_copy
from .lists import Seen, list_in_scope
from .weeks import published_week

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Kind:
    """A kind of file as the page offers it."""

    label: str
    hint: str


KINDS: Mapping[Format, Kind] = MappingProxyType(
    {
        "pdf": Kind("List to read or print (PDF)", "Everything on the list, with reasons"),
        "mdt": Kind("Sheet to write on in the meeting (PDF)", "Blank columns for decision, action, who and by when"),
        "xlsx": Kind("Excel workbook", "The list, and a sheet for the meeting"),
        "nhs-numbers": Kind("NHS numbers (CSV)", "With dates of birth, to find patients in your clinical system"),
        "fhir": Kind("FHIR bundle (JSON)", "For a program that reads FHIR R4"),
        "calendar": Kind("Review dates (calendar)", "How many reviews are due where and when, without names"),
    }
)
# Chosen, not typed: what people type stays out of the trail.
PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "mdt": "MDT meeting",
        "round": "Home round",
        "records": "Looking up records in the clinical system",
        "planning": "Planning reviews",
    }
)
_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/fhir+json",
    "ics": "text/calendar; charset=utf-8",
    "zip": "application/zip",
}
_READ_FIRST = "read-first.txt"


@router.get("/lists/{as_of}/{slug}/files")
def ask(visit: Visiting, as_of: date, slug: str) -> Response:
    """Which file, and for what."""
    visit.allow("download_named")
    return _form(visit, _seen(visit, as_of, slug).listing, slug, {})


@router.post("/lists/{as_of}/{slug}/files")
def make(visit: Visiting, as_of: date, slug: str) -> Response:
    """The file. Its line in the trail is kept before it is made, so that there is none the trail does not know of."""
    visit.allow("download_named")
    found = _seen(visit, as_of, slug)
    seen, known = found.listing, found.known
    kind = next((one for one in KINDS if one == visit.form.get("format")), None)
    purpose = PURPOSES.get(visit.form.get("purpose", ""))
    if kind is None or purpose is None:
        missing = {
            field: text
            for field, text, given in (
                ("format", "Select a file", kind),
                ("purpose", "Select what you need it for", purpose),
            )
            if not given
        }
        return _form(visit, seen, slug, missing, 400)
    if known.missing:
        raise Refused(503, "There are no names to put into a file", known.missing)
    copy = own_copy(seen)
    if is_out_of_date(as_of, visit.room.today()):
        copy = replace(copy, warnings=("This list is out of date: it is not of this week.", *copy.warnings))
    dues = coming(visit.db, visit.viewer)
    visit.told("file_made", detail=_told(visit, seen, copy, slug, kind, purpose))
    stamp = Stamp(visit.viewer.name, purpose, visit.now)
    return Later(lambda: _answer(copies_of(copy, slug, known.people, stamp, (kind,), dues), slug, as_of))


def _seen(visit: Visit, as_of: date, slug: str) -> Seen:
    """The whole list, as far as this person may see it. Raises Refused for one not theirs, or that is not there."""
    return list_in_scope(visit, published_week(visit, as_of), slug)


def _told(visit: Visit, seen: Listing, copy: Watchlist, slug: str, kind: Format, purpose: str) -> Mapping[str, object]:
    week = published_week(visit, copy.as_of)
    residents = {entry.resident_id for entry in copy.entries} | {one.resident_id for one in copy.left}
    return {
        "as": kind,
        "purpose": purpose,
        "as_of": copy.as_of.isoformat(),
        "team": seen.watchlist.team.id,
        "list": week.digests[slug],
        "residents": sorted(residents),
    }


def _form(visit: Visit, seen: Listing, slug: str, errors: Mapping[str, str], status: int = 200) -> Response:
    return visit.page(
        "files.html",
        status=status,
        watchlist=seen.watchlist,
        slug=slug,
        others=seen.others,
        kinds=KINDS,
        purposes=PURPOSES,
        errors=errors,
        chosen=visit.form,
    )


def _answer(copies: Copies, slug: str, as_of: date) -> Response:
    """The one file; all of them in one where there are several, or where there is something to know first."""
    files = dict(copies.files)
    if copies.notes:
        files[_READ_FIRST] = "\r\n".join((*copies.notes, "")).encode()
    if len(files) == 1:
        return _file(*next(iter(files.items())))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return _file(f"review-list_{slug}_{as_of.isoformat()}.zip", packed.getvalue())


def _file(name: str, data: bytes) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)
