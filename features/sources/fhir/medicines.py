"""Medication: the code of a medicine that prescriptions point to."""

from hashlib import blake2b
from sys import intern

from .resources import Resource
from .values import at, code_of, items, reference, told


class Medicines:
    """Codes of Medication resources by their names, in little memory: exports may hold one for every dose."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}

    def add(self, one: Resource) -> None:
        """Note the code under every name; a name that two medicines of different codes have is nobody's."""
        code = intern(code_of(at(one.body, "code")) or "")
        for name in (one.id, *one.names):
            key = _key(name)
            self._codes[key] = code if self._codes.get(key, code) == code else ""

    def of(self, one: Resource) -> str | None:
        """The code of the medicine to which `medicationReference` points, among the medications or in the resource."""
        to = at(one.body, "medicationReference")
        here = told(to, "reference").removeprefix("#")
        inside = (each for each in items(one.body, "contained") if here and told(each, "id") == here)
        own = next((code_of(at(each, "code")) for each in inside), None)
        return own or self._codes.get(_key(reference(to))) or None


def _key(name: str) -> int:
    """Eight bytes for a name of any length: of ten million, two are taken for each other in one export of 370,000."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
