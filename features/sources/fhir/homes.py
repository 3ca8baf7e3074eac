"""Organization and Location: which of them are care homes, by the reviewable list facilities.csv."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...codelists.rows import read
from .names import Names
from .resources import Resource
from .values import at, identifier, items, reference, told

# NHS Digital, FHIR identifiers of the Organisation Data Service.
_ODS = ("https://fhir.nhs.uk/Id/ods-organization-code|", "https://fhir.nhs.uk/Id/ods-site-code|")
_CQC = re.compile(r"cqc.*\|(1-\d{6,})$", re.IGNORECASE)  # a location of the CQC's directory; its system is not settled
_STEPS = 9  # from a bed to a room, a floor, a house and who runs it


@dataclass(frozen=True)
class Home:
    """A care home: the id by which other lists know it, else its own."""

    home_id: str
    name: str
    home_type: str


@cache
def facilities() -> Mapping[tuple[str, str], str]:
    """Type of home by system and code, from facilities.csv."""
    rows = read(Path(__file__).with_name("facilities.csv"))
    return {(row["system"], row["code"]): row["home_type"] for row in rows if row["home_type"]}


class Homes:
    """The places of an export by their type and id, and those within which they lie."""

    def __init__(self) -> None:
        self._homes: dict[tuple[str, str], Home] = {}
        self._within: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
        self._names: dict[str, Names] = defaultdict(Names)
        self._ids: dict[str, set[str]] = defaultdict(set)

    def add(self, one: Resource) -> None:
        """Note a place; nothing of what is entered in error."""
        if not one.id or told(one.body, "status") == "entered-in-error":
            return
        self._names[one.type].add(one)
        self._ids[one.type].add(one.id)
        kind = _home_type(one)
        if kind:
            self._homes[one.type, one.id] = Home(_home_id(one), told(one.body, "name") or _home_id(one), kind)
        elif one.type == "Location":
            parts = (("Location", at(one.body, "partOf")), ("Organization", at(one.body, "managingOrganization")))
            self._within[one.type, one.id] = tuple((what, name) for what, to in parts if (name := reference(to)))

    def of(self, what: str, name: str) -> Home | None:
        """The home that an Organization or a Location is or lies in."""
        todo = [(what, name)]
        for _ in range(_STEPS):
            if not todo:
                return None
            what, name = todo.pop(0)
            key = what, self._names[what].of(name, self._ids[what])
            if key in self._homes:
                return self._homes[key]
            todo += self._within.get(key, ())
        return None


def _home_type(one: Resource) -> str:
    codings = (coding for concept in items(one.body, "type") for coding in items(concept, "coding"))
    kinds = (facilities().get((told(coding, "system"), told(coding, "code"))) for coding in codings)
    return next((kind for kind in kinds if kind), "")


def _home_id(one: Resource) -> str:
    """The CQC's location id or the ODS code, so that other lists join; else the resource's own id."""
    told_as = [identifier(each) for each in items(one.body, "identifier")]
    by_cqc = [match[1] for each in told_as if (match := _CQC.search(each))]
    by_ods = [each.rsplit("|", 1)[-1] for system in _ODS for each in told_as if each.startswith(system)]
    return next(iter((*by_cqc, *by_ods)), one.id)
