"""Whether a candidate may be put to use: a pure function of evidence, with every reason listed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from models import criteria
from models.criteria import Criterion, Policy
from models.evaluation import jsonable
from models.evidence import Evidence

PASSED, FAILED, OVERRIDDEN = "passed", "failed", "overridden"


@dataclass(frozen=True)
class Verdict:
    """Every criterion, and whether the candidate may be put to use."""

    criteria: tuple[Criterion, ...]

    @property
    def passed(self) -> bool:
        """Whether no criterion failed. What could not be judged does not fail: it is said."""
        return not self.reasons

    @property
    def reasons(self) -> tuple[str, ...]:
        """What failed, in words."""
        return tuple(one.words for one in self.criteria if one.passed is False)

    @property
    def absolute(self) -> tuple[str, ...]:
        """What failed and cannot be overridden, in words."""
        return tuple(one.words for one in self.criteria if one.passed is False and one.absolute)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; undefined values and open bounds are None."""
        record: dict[str, Any] = jsonable({"passed": self.passed, "criteria": [asdict(one) for one in self.criteria]})
        return record


def gate(evidence: Evidence, policy: Policy, *, on: date, fingerprint: str) -> Verdict:
    """The verdict on a candidate as of a day, for code that computes features of this fingerprint.

    The same evidence, policy, day and code give the same verdict. Worse evidence never turns a refusal into a pass:
    each criterion is a bound on one thing, and all must hold. A difference that must not be large (discrimination) is
    judged by the worse end of its interval, so that too little evidence refuses; a harm to a group must show beyond
    its interval, since among many small groups some differ by chance.
    """
    candidate, beside = evidence.candidate, evidence.comparison
    return Verdict(
        (
            *criteria.leak(candidate, policy),
            *criteria.features(candidate, policy, fingerprint),
            *criteria.question(candidate, beside),
            *criteria.fresh(candidate, beside, policy, on),
            *criteria.enough(beside, policy),
            *criteria.discrimination(beside, policy),
            *criteria.calibration(candidate, policy),
            *criteria.groups(beside, policy),
            *criteria.churn(beside, policy),
        )
    )


def why_not(tags: Mapping[str, str], wanted: str) -> tuple[str, ...]:
    """Why a registered model may not be used, by what is noted of it; `wanted` is the features' fingerprint now."""
    reasons = []
    if not tags.get("verdict"):
        reasons.append("no verdict is recorded for it: it was put to use without being judged")
    elif tags["verdict"] not in (PASSED, OVERRIDDEN):
        reasons.append("it failed its criteria and nobody has written down why it should be used all the same")
    if tags.get("feature_fingerprint") != wanted:
        reasons.append("it was made for other features than are computed now: train again")
    return tuple(reasons)
