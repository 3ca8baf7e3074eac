"""Whom a bundle is about: patients with their NHS numbers, or without names pseudonyms that only we resolve."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.nhs_number import looks_valid
from serving.render import words
from serving.render.ids import stable_id
from serving.rows import Entry, Identity

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"  # as UK Core names it
PSEUDONYM = f"urn:uuid:{stable_id('pseudonym of a resident')}"
_GENDERS = {"F": "female", "M": "male", "X": "other"}


@dataclass(frozen=True)
class Subjects:
    """The Patient resources of a bundle, and the residents they stand for."""

    patients: tuple[dict[str, Any], ...]
    named: frozenset[str]

    def reference(self, resident_id: str) -> dict[str, Any]:
        """To the Patient of the bundle, or to a pseudonym."""
        if resident_id in self.named:
            return {"reference": f"urn:uuid:{_id(resident_id)}"}
        return {"type": "Patient", "identifier": {"system": PSEUDONYM, "value": resident_id}}


def subjects_of(entries: Sequence[Entry], identities: Mapping[str, Identity]) -> Subjects:
    """A Patient for each resident with an identity."""
    people = [(entry, identities[entry.resident_id]) for entry in entries if entry.resident_id in identities]
    patients = tuple(_patient(entry, identity) for entry, identity in people)
    return Subjects(patients, frozenset(entry.resident_id for entry, _ in people))


def _patient(entry: Entry, identity: Identity) -> dict[str, Any]:
    digits = re.sub(r"[\s-]", "", identity.nhs_number)
    given, family = (" ".join(words.plain(part).split()) for part in (identity.given_name, identity.family_name))
    name = {"text": f"{given} {family}".strip()} | ({"given": [given]} if given else {})
    born = {"birthDate": identity.date_of_birth.isoformat()} if identity.date_of_birth else {}
    return {
        "resourceType": "Patient",
        "id": _id(entry.resident_id),
        # A number that fails its check digit is left out: somebody else may have it.
        **({"identifier": [{"system": NHS_NUMBER, "value": digits}]} if looks_valid(digits) else {}),
        **({"name": [name | ({"family": family} if family else {})]} if name["text"] else {}),
        "gender": _GENDERS.get(entry.sex, "unknown"),
        **born,
    }


def _id(resident_id: str) -> str:
    return stable_id("Patient", resident_id)
