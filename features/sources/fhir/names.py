"""Which resource a reference means, by whatever name it calls it."""

from collections.abc import Container

from .resources import Resource

_STEPS = 9  # from name to name: a search, then records that were merged one into another


class Names:
    """Ids by the other names of resources of one type; a name that two have is nobody's."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def add(self, one: Resource) -> None:
        for name in one.names:
            self.link(name, one.id)

    def link(self, name: str, to: str) -> None:
        """From now on `name` means what `to` means."""
        self._ids[name] = to if self._ids.get(name, to) == to else ""

    def of(self, name: str, known: Container[str]) -> str:
        """The id among `known` that a name means; '' where there is none."""
        for _ in range(_STEPS):
            if name in known:
                return name
            name = self._ids.get(name, "")
        return ""
