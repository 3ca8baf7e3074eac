"""What happens to the model after this card: watching, retraining, retiring, contesting."""

from collections.abc import Iterator

from models.card import phrases, words
from models.card.counts import count
from models.card.groups import fairness_in_words, validated_in_words
from models.card.record import Card
from models.document import Points, Section, Table
from models.strata import words as stratum_words


def sections(card: Card) -> Iterator[Section]:
    """Monitoring, maintenance, limits, ethics, the effect of use on the figures, contesting."""
    yield _monitoring(card)
    yield _maintenance(card)
    yield Section("Limits", (Points(limits(card)),))
    yield Section("Ethical considerations", (Points(words.ETHICS),))
    yield Section("What use does to the figures", (Points(words.PERFORMATIVE),))
    contact = f"Where to turn: {phrases.stated(card.statements.contact)}"
    yield Section("How to contest an estimate or a place on a list", (Points((*words.CONTEST, contact)),))


def limits(card: Card) -> tuple[str, ...]:
    """What holds for every card, after what holds for this run."""
    return (*_own(card), *words.LIMITS)


def _own(card: Card) -> Iterator[str]:
    if card.synthetic:
        yield phrases.INVENTED
    weeks = len(card.evaluation.split.test)
    events = card.evaluation.get("prevalence").events
    few = ", fewer than the 100 by which calibration can be told" if events < card.policy.least_events else ""
    yield f"Judged on {weeks} weeks of one season with {count(events)} resident-weeks with the outcome{few}."
    for one in card.evaluation.apart:
        if not one.validated:
            yield f"{stratum_words(one.stratum).capitalize()}: {validated_in_words(one)}"
    if not card.evaluation.apart:
        yield "Residents at the end of life and with a learning disability: **not validated** apart."
    yield fairness_in_words(card)


def _monitoring(card: Card) -> Section:
    rules = card.monitoring
    weeks, moves = rules.reference_weeks, f"{rules.input_share:.1%} of what moves estimates"
    rows = (
        ("False alarms", f"acted on by mistake in at most one week of {rules.false_alarm_weeks} of a stable process"),
        (
            "Compared with",
            f"the latest {weeks} weeks it could learn from; below {rules.reference_least} nothing is told",
        ),
        ("Inputs", f"a shift of {rules.input_shift:g} in rank or missing values of a feature with {moves}: hold back"),
        ("Chances", f"a shift of {rules.score_shift:g} in the mean log-odds: hold back"),
        ("Feeds", f"a drop of {rules.feed_drop:.0%} in the share of residents with recent records: hold back"),
        (
            "Calibration",
            f"observed over expected beyond 1/{rules.tolerance:g} to {rules.tolerance:g} over the latest "
            f"{rules.outcome_weeks} weeks known: retrain",
        ),
        ("Notes", f"false-discovery rate {rules.note_rate:.0%}"),
    )
    told = "`homeround monitor` looks each Monday, before the lists, and says: nothing, note, retrain or hold back."
    return Section("Monitoring", (told, Table("Thresholds of monitoring", ("What", "Threshold"), rows)))


def _maintenance(card: Card) -> Section:
    policy = card.policy
    owner = f" ({card.statements.owner} answers for it)" if card.statements.owner else ""
    said = (
        f"**Who**: the data scientist of the organisation that uses it retrains{owner}; a named person decides on "
        "use, with "
        "the reason recorded (`homeround promote --by --reason`).",
        "**When**: each quarter, after a release, and when monitoring says retrain.",
        f"**Put to use only if** its evidence holds: at least {policy.least_events} judged resident-weeks with the "
        "outcome, AUROC at most "
        f"{policy.auroc_margin:g} worse than the model in use at the worse end of the interval, PPV and sensitivity "
        "at most "
        f"{policy.yield_margin:.0%} worse, calibration slope {policy.slope_least:g} to {policy.slope_most:g}, "
        "observed over expected "
        f"{policy.ratio_least:g} to {policy.ratio_most:g}, ICI at most {policy.ici_most:g} of the share with the "
        "outcome, no group newly harmed, "
        f"evidence at most {policy.fresh_days} days old, and no sign of a leak. A person may override in writing, but "
        "never a leak or lost features.",
        "**Retired** when another version is put to use, when it is rolled back (`homeround promote --rollback`), or "
        "when its "
        "features are no longer those computed. It stays registered with this card, its verdict and its evidence.",
        "**Without a model that holds its criteria there are no lists**: `homeround weekly` refuses.",
    )
    return Section("Maintenance", (Points(said),))
