"""The lists of a published week by team, each read when it is asked for: a week of a country has 17,000."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from .rows import Watchlist, from_json
from .slugs import mark


class ListFiles(Mapping[str, Watchlist]):
    """Lists of a revision's folder by team id; with `only_listed`, without their entries of other sections, in a third
    of the time: what the next week asks of them.

    The name of a team's folder ends in a mark of its id, so a list is found without reading the others.
    """

    def __init__(self, folder: Path, *, only_listed: bool = False) -> None:
        self._paths, self._only_listed = sorted(folder.glob("*/list.json")), only_listed
        self._marked: dict[str, list[Path]] = defaultdict(list)
        for path in self._paths:
            self._marked[path.parent.name.rpartition("-")[2]].append(path)

    def __getitem__(self, team: str) -> Watchlist:
        for path in self._marked.get(mark(team), ()):
            if (one := self._read(path)).team.id == team:
                return one
        raise KeyError(team)

    def __iter__(self) -> Iterator[str]:
        return (one.team.id for one in self.each())

    def each(self) -> Iterator[Watchlist]:
        """Every list, each read once and not kept."""
        return map(self._read, self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def _read(self, path: Path) -> Watchlist:
        text = path.read_text(encoding="utf-8")
        return from_json(_listed(text) if self._only_listed else text)


_BEGINS, _BETWEEN, _ENDS = '\n "entries": [\n  {', "\n  },\n  {", "\n  }\n ]"


def _listed(text: str) -> str:
    """The text of a list without the entries of other sections. In canonical JSON the margin tells where each ends."""
    before, begins, rest = text.partition(_BEGINS)
    if not begins:
        return text
    entries, _, after = rest.partition(_ENDS)
    kept = [one for one in entries.split(_BETWEEN) if '\n   "section": "listed"' in one]
    if not kept:
        return f'{before}\n "entries": []{after}'
    return before + begins + _BETWEEN.join(kept) + _ENDS + after
