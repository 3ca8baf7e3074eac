"""Which homes make a locality: whole teams' homes together, so that a list needs one locality alone."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

BEDS = 3_000  # of a locality: a few hundred MB while it is worked on

Localities = tuple[tuple[str, ...], ...]


def localities(beds: Mapping[str, float], together: Iterable[Collection[str]], least: float = BEDS) -> Localities:
    """Every home of `beds` in exactly one locality of at least so many beds, but for the last; homes that `together`
    names side by side, also by way of others, are in one. The same homes give the same localities."""
    homes = sorted(beds)
    at = {home: i for i, home in enumerate(homes)}
    links = [(at[one[0]], at[home]) for one in map(sorted, together) if one for home in one]
    begin, end = np.array(links, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(begin)), (begin, end)), shape=(len(homes), len(homes)))
    _, label = connected_components(graph, directed=False)
    members: dict[int, list[str]] = {}
    for home, of in zip(homes, label.tolist(), strict=True):
        members.setdefault(of, []).append(home)
    out: list[list[str]] = [[]]
    held = 0.0
    for group in members.values():
        if held >= least:
            out.append([])
            held = 0.0
        out[-1] += group
        held += sum(beds[home] for home in group)
    return tuple(tuple(sorted(one)) for one in out if one)
