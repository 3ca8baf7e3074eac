"""A fitted model as plain values: LightGBM text, a sigmoid, names; exactly additive in calibrated log-odds."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.errors import FeatureMismatch
from models.logistic import sigmoid
from models.strata import Calibration, first_member

if TYPE_CHECKING:
    from models.shapley import Leaves
    from models.trees import Trees

AVOIDABLE = "avoidable"
ANY = "any"


@dataclass(frozen=True)
class Head:
    """One outcome's boosters and their calibration, logit p = a * margin + b with a > 0.

    base_rate is the share of events in the weeks the head was calibrated on; note says when the calibration had
    to fall back to the intercept alone. shares (sum 1) are what each booster counts for in the margin; empty, all count
    the same. strata are the residents judged apart, with a and b of their own where there
    was enough to calibrate on.
    """

    boosters: tuple[str, ...]
    a: float
    b: float
    rounds: int
    base_rate: float
    note: str = ""
    strata: tuple[Calibration, ...] = ()
    shares: tuple[float, ...] = ()

    @cached_property
    def _trees(self) -> "Trees":
        from models.trees import read

        return read(self.boosters)

    @cached_property
    def _leaves(self) -> "Leaves":
        from models.shapley import leaves_of

        return leaves_of(self._trees, self._shares)

    @property
    def _shares(self) -> tuple[float, ...]:
        return self.shares or (1 / len(self.boosters),) * len(self.boosters)

    def margin(self, X: np.ndarray) -> np.ndarray:
        """Mean raw score (n,) of the bag, by its shares: what residents are ranked on, the same in any company."""
        from models.margins import margins

        # One after the other, for a matrix product adds in an order that depends on how many rows there are.
        each = margins(self._trees, self._fitting(X))
        return sum(share * one for share, one in zip(self._shares, each, strict=True))

    def log_odds(self, X: np.ndarray) -> np.ndarray:
        """Calibrated log-odds (n,)."""
        return self.log_odds_at(self.margin(X), X)

    def log_odds_at(self, margin: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Calibrated log-odds (n,) of rows X whose margin (n,) is at hand."""
        a, b = self._lines(X)
        return a * margin + b

    def risk(self, X: np.ndarray) -> np.ndarray:
        """Calibrated chance (n,)."""
        return sigmoid(self.log_odds(X))

    def contributions(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (n, p) in calibrated log-odds and the base (n,); base + row sum = log_odds."""
        from models.shapley import shap_values

        values = shap_values(self._leaves, self._fitting(X))
        a, b = self._lines(X)
        values *= a[:, None]
        return values, a * self._leaves.base + b

    def _fitting(self, X: np.ndarray) -> np.ndarray:
        if X.ndim != 2 or X.shape[1] != self._trees.width:
            raise FeatureMismatch(f"the model has {self._trees.width} features, the rows have shape {X.shape}")
        return X

    def _lines(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # The last line is that of rows in no stratum, which first_member calls -1.
        lines = np.array([*((one.a, one.b) for one in self.strata), (self.a, self.b)])[first_member(self.strata, X)]
        return lines[:, 0], lines[:, 1]


@dataclass(frozen=True)
class Model:
    """Heads over one list of features. `heads` holds 'avoidable' (the outcome) and 'any' (every emergency).

    trained_until is the data cut-off: labels known until then were used, so an earlier as-of was seen in training.
    fingerprint identifies the features and their meaning.
    """

    heads: Mapping[str, Head]
    names: tuple[str, ...]
    groups: Mapping[str, str]
    fingerprint: str
    outcome: str
    horizon_days: int
    delay_days: int
    trained_until: date
    rows: int
    events: int
    params: Mapping[str, Any]

    @property
    def base_rate(self) -> float:
        """Share of rows with the outcome in the weeks of calibration."""
        return self.heads[AVOIDABLE].base_rate

    def margin(self, X: np.ndarray) -> np.ndarray:
        """Raw score (n,) of the outcome's head."""
        return self.heads[AVOIDABLE].margin(self._checked(X))

    def risk(self, X: np.ndarray, head: str = AVOIDABLE) -> np.ndarray:
        """Calibrated chance (n,)."""
        return self.heads[head].risk(self._checked(X))

    def contributions(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (n, p) in calibrated log-odds of the outcome's head, and the base (n,)."""
        return self.heads[AVOIDABLE].contributions(self._checked(X))

    def not_validated(self, X: np.ndarray) -> np.ndarray:
        """The stratum (n,) whose chances too few outcomes bear out, '' for everyone else."""
        strata = self.heads[AVOIDABLE].strata
        said = np.array([*("" if one.own else one.name for one in strata), ""])
        return said[first_member(strata, self._checked(X))]

    def columns(self, names: Sequence[str]) -> np.ndarray:
        """Positions of the model's features in `names`. Raises FeatureMismatch listing those not there."""
        where = {name: i for i, name in enumerate(names)}
        missing = [name for name in self.names if name not in where]
        if missing:
            raise FeatureMismatch(f"{len(missing)} features of the model are not in the matrix: {', '.join(missing)}")
        return np.array([where[name] for name in self.names], dtype=np.int64)

    def _checked(self, X: np.ndarray) -> np.ndarray:
        if X.ndim != 2 or X.shape[1] != len(self.names):
            raise FeatureMismatch(f"the model has {len(self.names)} features, the rows have shape {X.shape}")
        return np.asarray(X, dtype=np.float32)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole model, the same wherever it is read from."""
        text = json.dumps(_to_json(self), sort_keys=True) + "".join(
            text for name in sorted(self.heads) for text in self.heads[name].boosters
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def write(self, folder: Path | str) -> None:
        """Write model.json and one booster_<head>_<i>.txt per booster into `folder` (made if need be)."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, head in self.heads.items():
            for i, text in enumerate(head.boosters):
                (folder / _booster_file(name, i)).write_text(text, encoding="utf-8")
        record = json.dumps(_to_json(self), indent=1, sort_keys=True, ensure_ascii=False)
        (folder / "model.json").write_text(record + "\n", encoding="utf-8")

    @staticmethod
    def read(folder: Path | str) -> "Model":
        """Read what `write` wrote."""
        folder = Path(folder)
        record = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        heads = {name: _read_head(folder, head) for name, head in record.pop("heads").items()}
        record["names"] = tuple(record["names"])
        record["trained_until"] = date.fromisoformat(record["trained_until"])
        return Model(heads=heads, **record)


def fingerprint(names: Sequence[str], groups: Mapping[str, str], monotone: Mapping[str, int]) -> str:
    """SHA-256 of the ordered names, groups and directions: for callers whose catalogue offers nothing stronger."""
    record = [[name, groups.get(name, ""), int(monotone.get(name, 0))] for name in names]
    return hashlib.sha256(json.dumps(record).encode()).hexdigest()


def _booster_file(head: str, i: int) -> str:
    return f"booster_{head}_{i}.txt"


def _to_json(model: Model) -> dict[str, Any]:
    heads = {name: _head_to_json(name, head) for name, head in model.heads.items()}
    plain = {name: getattr(model, name) for name in ("fingerprint", "outcome", "horizon_days", "delay_days", "rows")}
    return {
        **plain,
        "heads": heads,
        "names": list(model.names),
        "groups": {name: model.groups.get(name, "") for name in model.names},
        "trained_until": model.trained_until.isoformat(),
        "events": model.events,
        "params": dict(model.params),
    }


def _head_to_json(name: str, head: Head) -> dict[str, Any]:
    record = asdict(head)
    for name_of in ("strata", "shares"):
        if not record[name_of]:
            del record[name_of]
    record["boosters"] = [_booster_file(name, i) for i in range(len(head.boosters))]
    return record


def _read_head(folder: Path, record: dict[str, Any]) -> Head:
    texts = tuple((folder / name).read_text(encoding="utf-8") for name in record.pop("boosters"))
    strata = tuple(Calibration(**{**one, "columns": tuple(one["columns"])}) for one in record.pop("strata", ()))
    return Head(boosters=texts, strata=strata, shares=tuple(record.pop("shares", ())), **record)
