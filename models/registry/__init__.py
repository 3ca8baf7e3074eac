"""The model registry: MLflow, imported here alone, and when a function is called, not before.

Everything lives under one root: `mlflow.db` (SQLite) and `artifacts/`. MLFLOW_TRACKING_URI, where set, names
another store. Artifact addresses in the database are absolute: a root that is moved loses its models.
"""

from models.registry.backtests import log_backtest
from models.registry.champion import find, load, promote, roll_back
from models.registry.judging import Twin, evidence, keep_evidence, keep_verdict, twin
from models.registry.kept import Kept, kept, kept_evaluation
from models.registry.store import (
    CANDIDATE,
    CHAMPION,
    EXPERIMENT,
    NAME,
    PREVIOUS,
    LoadedInfo,
    create,
    preload,
    tracking_uri,
    versions,
)
from models.registry.training import TrainingData, log_training

__all__ = [
    "CANDIDATE",
    "CHAMPION",
    "EXPERIMENT",
    "NAME",
    "PREVIOUS",
    "Kept",
    "LoadedInfo",
    "TrainingData",
    "Twin",
    "create",
    "evidence",
    "find",
    "keep_evidence",
    "keep_verdict",
    "kept",
    "kept_evaluation",
    "load",
    "log_backtest",
    "log_training",
    "preload",
    "promote",
    "roll_back",
    "tracking_uri",
    "twin",
    "versions",
]
