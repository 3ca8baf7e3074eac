"""Medication: the code of a medicine that prescriptions point to."""

from .names import Names
from .resources import Resource
from .values import at, code_of, items, reference, told


class Medicines:
    """Codes of Medication resources by id."""

    def __init__(self) -> None:
        self._codes: dict[str, str | None] = {}
        self._names = Names()

    def add(self, one: Resource) -> None:
        self._names.add(one)
        self._codes[one.id] = code_of(at(one.body, "code"))

    def of(self, one: Resource) -> str | None:
        """The code of the medicine to which `medicationReference` points, among the medications or in the resource."""
        to = at(one.body, "medicationReference")
        here = told(to, "reference").removeprefix("#")
        inside = (each for each in items(one.body, "contained") if here and told(each, "id") == here)
        own = next((code_of(at(each, "code")) for each in inside), None)
        return own or self._codes.get(self._names.of(reference(to), self._codes))
