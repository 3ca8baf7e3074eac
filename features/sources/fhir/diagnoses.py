"""ICD-10 codes of conditions by the admission in which they were noted."""

from collections import defaultdict

import pandas as pd

from ...history import Lags
from .names import Names
from .resources import Resource
from .values import at, codes_in, reference

_UNRANKED = 1 << 30


class Diagnoses:
    """Codes in the rank that their encounter gives them, then in the order of the files."""

    def __init__(self, admitted: pd.DataFrame, names: Names) -> None:
        self._names, self._admissions = names, dict(zip(admitted["encounter_id"], admitted["end"], strict=True))
        self._ranked = {
            condition: (encounter, rank)
            for encounter, conditions in zip(admitted["encounter_id"], admitted["conditions"], strict=True)
            for rank, condition in enumerate(conditions)
        }
        self._codes: dict[str, list[tuple[int, str]]] = defaultdict(list)

    def note(self, one: Resource, *, holds: bool) -> str:
        """The admission to which a resource belongs, or ''; the codes of a condition that holds are kept."""
        ranks = (self._ranked[name] for name in (one.id, *one.names) if name in self._ranked)
        encounter, rank = next(ranks, ("", _UNRANKED)) if one.type == "Condition" else ("", _UNRANKED)
        encounter = encounter or self._names.of(reference(at(one.body, "encounter")), self._admissions)
        if encounter and holds and one.type == "Condition":
            codes = codes_in(at(one.body, "code"), "ICD10")
            self._codes[encounter] += [(rank, code.replace(".", "").upper()) for code in codes]
        return encounter

    def coded(self, encounter: str) -> str:
        """When the diagnoses of an admission are coded where nothing says it; '' while it lasts.

        Hospitals code after discharge and date the codes back: what is told of the admission was not known in it.
        """
        end = self._admissions[encounter]
        return "" if pd.isna(end) else (end + pd.Timedelta(days=Lags().coding)).isoformat()

    def primary(self, encounter: str) -> str | None:
        return next(iter(self._all(encounter)), None)

    def others(self, encounter: str) -> str | None:
        return ";".join(self._all(encounter)[1:]) or None

    def _all(self, encounter: str) -> list[str]:
        codes = sorted(self._codes.get(encounter, ()), key=lambda pair: pair[0])
        return list(dict.fromkeys(code for _, code in codes))
