"""The lists of a published week by team, each read when it is asked for: a week of a country has 17,000."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from .rows import Watchlist, from_json
from .slugs import mark


class ListFiles(Mapping[str, Watchlist]):
    """Lists of a revision's folder by team id.

    The name of a team's folder ends in a mark of its id, so a list is found without reading the others.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = sorted(folder.glob("*/list.json"))
        self._marked: dict[str, list[Path]] = defaultdict(list)
        for path in self._paths:
            self._marked[path.parent.name.rpartition("-")[2]].append(path)

    def __getitem__(self, team: str) -> Watchlist:
        for path in self._marked.get(mark(team), ()):
            if (one := _read(path)).team.id == team:
                return one
        raise KeyError(team)

    def __iter__(self) -> Iterator[str]:
        return (one.team.id for one in self.each())

    def each(self) -> Iterator[Watchlist]:
        """Every list, each read once and not kept."""
        return map(_read, self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _read(path: Path) -> Watchlist:
    return from_json(path.read_text(encoding="utf-8"))
