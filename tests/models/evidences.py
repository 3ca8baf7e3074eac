"""Evidence of a candidate that holds every criterion, for tests to make worse."""

from dataclasses import replace
from datetime import date

from models.bootstrap import Estimate
from models.evidence import Churn, Comparison, Evidence, GroupPair, Pair, Presence, Standing

MARK = "features-1"
ON = date(2026, 11, 16)


def pair(name="auroc", view="all", candidate=0.75, in_use=0.74, half=0.01) -> Pair:
    difference = candidate - in_use
    return Pair(name, view, candidate, in_use, Estimate(difference, difference - half, difference + half))


def group(label="nursing", events=80, lost=0.0, off=0.0, half=0.02) -> GroupPair:
    listed = pair("sensitivity", "pcn", 0.4 - lost, 0.4, half)
    return GroupPair("home type", label, 5000, events, (listed,), Estimate(1.1, 0.9, 1.3),
                     Estimate(off, off - half, off + half))  # fmt: skip


def standing(**more) -> Standing:
    slope, ratio, ici = Estimate(1.1, 0.9, 1.3), Estimate(1.0, 0.8, 1.2), Estimate(0.15, 0.1, 0.3)
    plain = Standing(
        version=2,
        outcome="iau_2019",
        horizon_days=28,
        delay_days=42,
        trained_until=date(2026, 11, 15),
        fingerprint=MARK,
        auroc=Estimate(0.75, 0.72, 0.78),
        calibration=(("calibration_slope", slope), ("observed_expected", ratio), ("ici_over_base_rate", ici)),
        leak_suspected=False,
        monday=ON,
        residents=1500,
        presence=(Presence("age", 1.0, 1.0), Presence("news2_last", 0.6, 0.55), Presence("rare", 0.001, 0.0)),
    )
    return replace(plain, **more)


def comparison(**more) -> Comparison:
    plain = Comparison(
        version=1,
        because="",
        in_use=1,
        outcome="iau_2019",
        horizon_days=28,
        trained_until=date(2026, 8, 16),
        first=date(2026, 7, 13),
        last=date(2026, 8, 31),
        weeks=8,
        rows=12_000,
        events=190,
        homes=61,
        pairs=(pair(), pair("ppv", "pcn", 0.09, 0.09), pair("sensitivity", "pcn", 0.15, 0.16)),
        groups=(group("nursing"), group("residential"), group("learning_disability", events=2)),
        churn=(Churn("pcn", ON, 60, 12),),
    )
    return replace(plain, **more)


def evidence(candidate=None, beside=None) -> Evidence:
    return Evidence(candidate or standing(), beside or comparison())
