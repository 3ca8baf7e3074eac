"""Who reviews: by default one MDT a primary care network and one home round a home."""

from collections.abc import Sequence
from dataclasses import dataclass

from features.history import History

from .rows import Team


@dataclass(frozen=True)
class Capacity:
    """Residents one team reviews a week."""

    mdt: int = 10
    round: int = 5


def teams_of(history: History, capacity: Capacity | None = None, named: Sequence[Team] = ()) -> tuple[Team, ...]:
    """Teams named in the settings first; an MDT for each network and a round for each home not named there."""
    capacity = capacity or Capacity()
    homes = history["homes"].select(["home_id", "name", "pcn"]).to_pylist()
    taken = {(t.kind, home) for t in named for home, _ in t.homes}
    networks: dict[str, list[tuple[str, str]]] = {}
    for home in sorted(homes, key=lambda h: h["home_id"]):
        if ("mdt", home["home_id"]) not in taken:
            networks.setdefault(home["pcn"], []).append((home["home_id"], home["name"]))
    mdts = [
        Team(f"mdt-{pcn}", f"{pcn} MDT", "mdt", capacity.mdt, tuple(members))
        for pcn, members in sorted(networks.items())
    ]
    rounds = [
        Team(f"round-{h['home_id']}", f"{h['name']} home round", "round", capacity.round, ((h["home_id"], h["name"]),))
        for h in sorted(homes, key=lambda h: h["home_id"])
        if ("round", h["home_id"]) not in taken
    ]
    return (*named, *mdts, *rounds)
