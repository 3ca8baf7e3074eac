"""Whom a home rings. A summary without a number to ring is not made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from features.problems import UsageError

# Beginnings of Ofcom's numbers for drama: nobody answers them.
_DRAMA = ("01632960", "02079460", "01134960", "01144960", "01614960", "01914980", "07700900", "08081570")


@dataclass(frozen=True, slots=True)
class Surgery:
    """A registered practice as its homes ring it: `hours` as they are said ("8am to 6:30pm, Monday to Friday")."""

    name: str
    phone: str
    hours: str


@dataclass(frozen=True, slots=True)
class Contacts:
    """The numbers on one home's page."""

    surgery: Surgery
    urgent_response: str
    out_of_hours: str


@dataclass(frozen=True)
class Directory:
    """Every number of a deployment; surgeries by practice, and the one for practices that are not named."""

    surgeries: Mapping[str, Surgery]
    any_surgery: Surgery
    urgent_response: str
    out_of_hours: str
    invented: bool = False

    def contacts(self, home_label: str, practice: str) -> Contacts:
        """The numbers for a home of a practice. Raises UsageError that says which number to add."""
        surgery = self.surgeries.get(practice, self.any_surgery)
        numbers = {
            "the surgery": surgery.phone,
            "the urgent response team": self.urgent_response,
            "out of hours": self.out_of_hours,
        }
        missing = [whose for whose, number in numbers.items() if not self._rings(number)]
        if missing or not surgery.name or not surgery.hours:
            wanted = ", ".join(missing) or "the surgery's name and hours"
            raise UsageError(f"Add a contact number for {home_label}: {wanted} ([contact] in the settings)")
        return Contacts(surgery, self.urgent_response, self.out_of_hours)

    def _rings(self, number: str) -> bool:
        """Whether a person may answer: three digits or more, and no number for drama but for invented people."""
        digits = re.sub(r"\D", "", number)
        return len(digits) >= 3 and (self.invented or not digits.startswith(_DRAMA))
