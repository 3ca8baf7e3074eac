"""The model as MLflow serves it, from code: this file is copied into the model and runs without our packages.

Input: a DataFrame with the model's feature columns, in any order; NaN where a value is missing. Output: risk,
risk_any, and one column per feature group, 'contribution: <group>', in calibrated log-odds of risk. The base is
what is left: logit(risk) - sum of the contributions.
"""

import difflib
import json
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class AvoidableAdmission(PythonModel):
    """LightGBM margins, averaged over the bag, through a sigmoid; contributions stay additive in log-odds."""

    def load_context(self, context):
        folder = Path(context.artifacts["model"])
        record = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        self.names = record["names"]
        labels = [record["groups"].get(name) or "Other" for name in self.names]
        self.groups = list(dict.fromkeys(labels))
        self.member = np.array([[label == group for group in self.groups] for label in labels], dtype=float)
        self.heads = {name: self._head(folder, head) for name, head in record["heads"].items()}

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.DataFrame:
        X = self._matrix(model_input)
        main = self.heads["avoidable"]
        contributions = self._mean(main, X, pred_contrib=True)
        grouped = self._line(main, X)[0][:, None] * contributions[:, :-1] @ self.member
        columns = {"risk": self._risk(main, X), "risk_any": self._risk(self.heads["any"], X)}
        columns |= {f"contribution: {group}": grouped[:, j] for j, group in enumerate(self.groups)}
        return pd.DataFrame(columns, index=model_input.index)

    def _matrix(self, frame):
        missing = [name for name in self.names if name not in frame.columns]
        if missing:
            raise ValueError(self._complaint(missing, [str(name) for name in frame.columns]))
        # Fitted on float32: the same rounding here gives the same side of every threshold.
        return frame[self.names].to_numpy(dtype=np.float32, na_value=np.nan)

    def _complaint(self, missing, offered):
        lines = [f"{len(missing)} of {len(self.names)} feature columns are missing:"]
        for name in missing:
            near = difflib.get_close_matches(name, [column for column in offered if column not in self.names], 1)
            lines.append(f"  {name}" + (f" (nearest column given: {near[0]})" if near else ""))
        return "\n".join(lines)

    @staticmethod
    def _head(folder, head):
        texts = [(folder / name).read_text(encoding="utf-8") for name in head["boosters"]]
        return {
            "boosters": [lgb.Booster(model_str=text) for text in texts],
            "a": head["a"],
            "b": head["b"],
            "strata": head.get("strata", []),
            "shares": head.get("shares"),
        }

    @staticmethod
    def _mean(head, X, **what):
        return np.average([booster.predict(X, **what) for booster in head["boosters"]], axis=0, weights=head["shares"])

    @staticmethod
    def _line(head, X):
        """Slope and intercept (n,): those of the first stratum a row belongs to, else the shared ones."""
        a, b = np.full(len(X), head["a"]), np.full(len(X), head["b"])
        for stratum in reversed(head["strata"]):
            member = (X[:, stratum["columns"]] > 0).any(axis=1)
            a[member], b[member] = stratum["a"], stratum["b"]
        return a, b

    def _risk(self, head, X):
        margin = self._mean(head, X, raw_score=True)
        a, b = self._line(head, X)
        return np.exp(-np.logaddexp(0.0, -(a * margin + b)))


set_model(AvoidableAdmission())
