"""Errors of the models.

HomeroundModelError (exit code 1)
├── SplitError          3: too short a history for fit, calibrate and test (also a ValueError)
├── FitError            3: too little to learn from, e.g. no events (also a ValueError)
├── LeakSuspected       3: figures too good to be true; the data tells of the future
├── FeatureMismatch     1: columns a model needs are missing (also a ValueError)
└── RegistryError       2: the model registry cannot do what was asked
    ├── NoChampion      4: no model carries the alias that was asked for
    └── ModelChanged    4: a model's files are not those that were registered
"""

from features.problems import HomeroundError


class HomeroundModelError(HomeroundError):
    """Root of every error raised by models/."""


class SplitError(HomeroundModelError, ValueError):
    """The history is too short for the split that was asked for."""

    exit_code = 3


class FitError(HomeroundModelError, ValueError):
    """The rows cannot carry a model."""

    exit_code = 3


class LeakSuspected(HomeroundModelError):
    """The figures are too good to be true: something in the data tells of the future."""

    exit_code = 3


class FeatureMismatch(HomeroundModelError, ValueError):
    """The columns at hand are not the columns of the model."""


class RegistryError(HomeroundModelError):
    """The model registry refused or lacks what was asked for."""

    exit_code = 2


class NoChampion(RegistryError):
    """No model carries the alias that was asked for."""

    exit_code = 4


class ModelChanged(RegistryError):
    """The files of a registered model are not those that were registered."""

    exit_code = 4
