"""Judging a version of the model: its evidence from matrices, the verdict, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from getpass import getuser
from pathlib import Path
from typing import Any

import numpy as np

from features.matrix import Matrix
from features.problems import HeldBack
from features.subgroups import subgroups_in
from models import compare, registry
from models.errors import NoChampion
from models.evidence import RULE, Churn, Comparison, Evidence, Standing
from models.fit import Panel, panel
from models.gate import FAILED, OVERRIDDEN, PASSED, Verdict, gate
from models.judged import Judged
from models.registry import LoadedInfo, Twin
from serving import audit

from . import plain
from .in_use import features_mark
from .progress import say
from .settings import Settings

RULE_FEATURE = "emergency_admission_count_364"
MATRIX, LATEST = "matrix.parquet", "latest.parquet"


@dataclass(frozen=True)
class Rival:
    """What a candidate is compared with: the model in use and its twin, or the rule and why it stands in."""

    info: LoadedInfo | None
    twin: Twin | None
    because: str


@dataclass(frozen=True)
class Decision:
    """Who decides, why, and why all the same where the criteria are not met."""

    by: str
    reason: str
    override: str = ""


def gather(folder: Path, settings: Settings, version: int) -> Evidence:
    """Everything the gate is told of a version, from the labelled matrix and that of the latest Monday in `folder`.

    Chances and orders are those of the twins, on the weeks that neither has learnt from; the coming lists are those of
    the models for use. Raises HeldBack where the version cannot be judged at all.
    """
    say(f"comparing model {version} with what is in use")
    runs, name = settings.paths.runs, settings.model.name
    own = registry.twin(runs, version, name=name)
    if own is None:
        raise HeldBack([f"model {version} was registered without the twin that it is judged by: train again"])
    if own.model.fingerprint != features_mark():
        raise HeldBack([f"model {version} was made for other features than are computed now: train again"])
    rival = rival_of(settings, version)
    latest = Matrix.read(folder / LATEST)
    test = _judged(panel(Matrix.read(folder / MATRIX)), own, rival, settings.model.seed)
    candidate = _standing(registry.find(runs, version, name=name), own, test, latest)
    return Evidence(candidate, _comparison(settings, candidate, rival, test, latest))


def rival_of(settings: Settings, version: int) -> Rival:
    """The model in use, where this code can still score with it and it was registered with a twin."""
    runs, name = settings.paths.runs, settings.model.name
    try:
        info = registry.find(runs, name=name)
    except NoChampion:
        return Rival(None, None, "no model is in use")
    if info.version == version:
        return Rival(None, None, "no other model is in use")
    twin = registry.twin(runs, info.version, name=name)
    if twin is None:
        return Rival(info, None, f"model {info.version} was registered without a twin to compare with")
    if twin.model.fingerprint != features_mark():
        return Rival(info, None, f"model {info.version} was made for other features than are computed now")
    return Rival(info, twin, "")


def _judged(data: Panel, own: Twin, rival: Rival, seed: int) -> Judged:
    splits = [own.split, *([rival.twin.split] if rival.twin else [])]
    weeks = compare.unseen_weeks(np.unique(data.as_of[data.eligible]).astype(object), splits)
    if not weeks:
        raise HeldBack(["there is no week yet that neither model has learnt from: bring later records"])
    return compare.contenders(data, weeks, own.model, rival.twin.model if rival.twin else RULE_FEATURE, seed)


def _standing(info: LoadedInfo, own: Twin, test: Judged, latest: Matrix) -> Standing:
    ranked = compare.ranked(latest)
    if not ranked.any():
        raise HeldBack(["nobody can be ranked on the latest Monday: there is nothing to make lists of"])
    return Standing(
        version=info.version,
        outcome=own.model.outcome,
        horizon_days=own.model.horizon_days,
        delay_days=own.model.delay_days,
        trained_until=info.trained_until,
        fingerprint=own.model.fingerprint,
        auroc=compare.auroc(test),
        calibration=compare.calibration(test),
        leak_suspected=own.leak_suspected,
        monday=compare.monday_of(latest),
        residents=int(ranked.sum()),
        presence=compare.presence(own.present, compare.shares_present(latest, ranked)),
    )


def _comparison(settings: Settings, candidate: Standing, rival: Rival, test: Judged, latest: Matrix) -> Comparison:
    info, weeks = rival.info, np.unique(test.as_of).astype(object)
    lists = compare.places(test.matrix, test.scores, plain.capacity(settings))
    return Comparison(
        version=info.version if info and rival.twin else None,
        because=rival.because,
        in_use=info.version if info else None,
        outcome=info.tags["outcome"] if info else candidate.outcome,
        horizon_days=int(info.tags["horizon_days"]) if info else candidate.horizon_days,
        trained_until=info.trained_until if info else None,
        first=weeks[0],
        last=weeks[-1],
        weeks=len(weeks),
        rows=len(test),
        events=int(test.y.sum()),
        homes=len(np.unique(test.home)),
        pairs=compare.pairs(test, lists),
        groups=compare.group_pairs(test, lists, _groups(test.matrix)),
        churn=_churn(settings, candidate.version, info.version, latest) if info and rival.twin else (),
    )


def _churn(settings: Settings, version: int, in_use: int, latest: Matrix) -> tuple[Churn, ...]:
    models = [registry.load(settings.paths.runs, one, name=settings.model.name)[0] for one in (version, in_use)]
    return compare.churn(latest, models[0], models[1], plain.capacity(settings))


def _groups(matrix: Matrix) -> Mapping[str, np.ndarray]:
    """The groups that no promotion may harm, by dimension: the label (n,) of each row."""
    carried = subgroups_in(matrix.rows)
    return {name: np.asarray(carried[name].to_pylist(), dtype=str) for name in carried.column_names}


def judge(evidence: Evidence, settings: Settings, on: date) -> Verdict:
    """The gate, under the policy of the settings and for the features of this code."""
    return gate(evidence, plain.policy(settings), on=on, fingerprint=features_mark())


def settle(settings: Settings, evidence: Evidence, verdict: Verdict, decision: Decision | None, on: date) -> str:
    """Record a verdict and, where there is somebody's decision that it allows, put the version to use.

    The answer is passed, failed or overridden. The audit line comes first: nothing is put to use without one.
    """
    runs, name, version = settings.paths.runs, settings.model.name, evidence.candidate.version
    override = decision.override if decision and not verdict.passed else ""
    outcome = PASSED if verdict.passed else OVERRIDDEN if override and not verdict.absolute else FAILED
    said = {"by": decision.by, "reason": decision.reason, "override": override} if decision else {}
    in_use = evidence.comparison.in_use
    record = {"version": version, "instead_of": in_use, "verdict": outcome, **said}
    if decision:
        audit_line(settings, {"did": "refused" if outcome == FAILED else "promoted", **record})
    registry.keep_evidence(runs, version, evidence.as_dict(), name=name)
    registry.keep_verdict(runs, version, {**record, "as_of": on.isoformat(), **verdict.as_dict()}, name=name)
    if decision and outcome != FAILED:
        registry.promote(runs, version, by=decision.by, reason=decision.reason, instead_of=in_use,
                         override=override, name=name)  # fmt: skip
    return outcome


def audit_line(settings: Settings, record: Mapping[str, Any]) -> None:
    """One line of the trail of promotions."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    audit.append(settings.paths.published.parent / "audit/promotion.jsonl", {"at": now, "user": getuser(), **record})


def summary(evidence: Evidence, verdict: Verdict, outcome: str) -> dict[str, Any]:
    """A verdict as one record, for machines and for the terminal."""
    beside = evidence.comparison
    return {
        "version": evidence.candidate.version,
        "verdict": outcome,
        "beside": RULE if beside.version is None else f"model {beside.version}",
        "because": beside.because,
        "in_use": beside.in_use,
        "judged_on": f"{beside.first} to {beside.last}",
        "reasons": list(verdict.reasons),
        "criteria": verdict.as_dict()["criteria"],
    }
