"""Small numbers: which groups of a table may not be shown, so that nobody in them can be told from it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SmallNumbers:
    """A group is shown with at least so many residents, and so many of them with the outcome.

    Residents are counted, not weeks: five weeks with the outcome may be those of one person.
    """

    least_residents: int = 10
    least_events: int = 5

    def said(self) -> str:
        """What stands in the place of a hidden group's figures. The same for every hidden group: were it said which
        are small and which only protect them, the small ones could be narrowed down."""
        return (
            f"hidden: fewer than {self.least_residents} residents, or {self.least_events} with the outcome, "
            "or protects a group that has"
        )


def hidden_groups(group: np.ndarray, resident: np.ndarray, y: np.ndarray, rules: SmallNumbers) -> np.ndarray:
    """Mask (groups,) of the groups to hide; `group` and `resident` (n,) are codes of each row's, y its outcome.

    Whoever knows the total and every group that is shown knows what the hidden ones hold together. So there are never
    fewer than two of them, and together they are no small number either: the next smallest groups are hidden with
    those that are too small, and where nothing else helps the whole table.
    """
    count = int(group.max()) + 1
    residents, events = (
        np.array([_people(resident, (group == g) & of) for g in range(count)]) for of in (np.True_, y > 0)
    )
    hide = (residents < rules.least_residents) | (events < rules.least_events)
    smallest = np.lexsort((residents, events))
    while hide.any() and not hide.all() and not (hide.sum() > 1 and _protects(hide[group], resident, y, rules)):
        hide[next(g for g in smallest if not hide[g])] = True
    return hide


def _protects(hidden: np.ndarray, resident: np.ndarray, y: np.ndarray, rules: SmallNumbers) -> bool:
    enough = _people(resident, hidden) >= rules.least_residents
    return enough and _people(resident, hidden & (y > 0)) >= rules.least_events


def _people(resident: np.ndarray, mask: np.ndarray) -> int:
    return len(np.unique(resident[mask]))
