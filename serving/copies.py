"""Named copies of a list in the formats asked for: bytes by the end of their file names, which name nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from features.problems import UsageError

from .dues import Due
from .render.fhir import fhir
from .render.html import html
from .render.icalendar import icalendar
from .render.mdt_sheet import mdt_sheet
from .render.nhs_numbers import nhs_numbers
from .render.pdf import pdf
from .render.xlsx import xlsx
from .rows import Identity, Stamp, Watchlist

Format = Literal["html", "xlsx", "pdf", "mdt", "nhs-numbers", "fhir", "calendar"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Copies:
    """The copies by the end of their file names, and what whoever asked for them should know."""

    files: Mapping[str, bytes]
    notes: tuple[str, ...] = ()


def formats_of(text: str) -> tuple[Format, ...]:
    """The formats that a text names, divided by commas. Raises UsageError for none, or one that there is not."""
    asked = {part.strip() for part in text.split(",")} - {""}
    if unknown := sorted(asked - set(FORMATS)):
        raise UsageError(f"there is no format {', '.join(unknown)}: choose from {', '.join(FORMATS)}")
    if not asked:
        raise UsageError(f"say in which formats: {', '.join(FORMATS)}")
    return tuple(one for one in FORMATS if one in asked)


def named_copies(
    watchlist: Watchlist,
    identities: Mapping[str, Identity],
    stamp: Stamp,
    formats: Sequence[Format],
    dues: Sequence[Due] = (),
) -> Copies:
    """Every copy asked for. `dues` is what is to be done by a day, for the calendar and as tasks of the bundle."""
    numbers = nhs_numbers(watchlist, identities) if "nhs-numbers" in formats else None
    makers = {
        "html": (".html", lambda: html(watchlist, identities, stamp).encode()),
        "xlsx": (".xlsx", lambda: xlsx(watchlist, identities, stamp)),
        "pdf": (".pdf", lambda: pdf(watchlist, identities, stamp)),
        "mdt": ("_sheet.pdf", lambda: mdt_sheet(watchlist, identities, stamp)),
        "fhir": ("_fhir.json", lambda: fhir(watchlist, dues, identities, stamp).encode()),
        "calendar": ("_reviews.ics", lambda: icalendar(watchlist, dues, stamp)),
    }
    files = {end: make() for name, (end, make) in makers.items() if name in formats}
    if numbers is None:
        return Copies(files)
    of = len(numbers.texts)
    files |= {
        "_nhs-numbers.csv" if of == 1 else f"_nhs-numbers_{i}-of-{of}.csv": text.encode()
        for i, text in enumerate(numbers.texts, start=1)
    }
    nobody = () if of else ("No file of NHS numbers: there is nobody to review whose number can be used.",)
    return Copies(files, (*nobody, *numbers.left_out))
