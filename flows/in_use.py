"""The model in use: one that passed its criteria, or that somebody answers for, and that fits this code."""

from functools import cache

from features.catalogue import catalogue
from features.problems import HeldBack
from models import registry
from models.gate import why_not
from models.model import Model, fingerprint

from .settings import Settings


@cache
def features_mark() -> str:
    """The fingerprint of the features that this code computes."""
    wanted = catalogue()
    return fingerprint(wanted.names, wanted.groups, wanted.monotone)


def champion(settings: Settings) -> tuple[Model, registry.LoadedInfo]:
    """The model that lists are made with. Raises NoChampion, ModelChanged, or HeldBack with every reason."""
    model, info = registry.load(settings.paths.runs, name=settings.model.name)
    if reasons := why_not({**info.tags, "feature_fingerprint": model.fingerprint}, features_mark()):
        raise HeldBack([f"model {info.version} is not used: {reason}" for reason in reasons])
    return model, info
