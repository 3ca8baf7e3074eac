"""docs/codes.md, rendered from the lists: `python -m features.codelists.document > docs/codes.md`."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from .anticholinergic import Scored, scored
from .concepts import Concept, concepts
from .maps import Entry, entries
from .outcomes import Definition, definition, definitions
from .rules import Rule
from .sensitive import Exclusion, exclusions
from .signs import sign_concepts, signs

_KINDS = {
    "count": "something that happened; counted",
    "measure": "a reading; its value is in the unit given",
    "state": "on from a value of 1 until a value of 0",
    "diagnosis": "holds from its first record on",
    "review": "something done; its date matters",
    "home_count": "as count, for the home",
    "home_measure": "as measure, for the home",
    "home_state": "as state, for the home",
}

_AT_MOST = 60  # codes of a cell; the lists have them all

_INTRODUCTION = """\
# Codes: what events may say and which admissions count

This page is rendered from the lists in `features/codelists/`. Change a list, never this page, and render it
again: `python -m features.codelists.document > docs/codes.md`.

## How to read the lists

The `code` of an event is the name of a concept (`fall`, `news2`) or `SYSTEM:code` (`ICD10:F03`,
`SNOMED:217082002`), which `maps.csv` turns into a concept. Codes are compared without case, dots or
dashes. A whole code beats a beginning, and a longer beginning beats a shorter one. `ICD10CM` and `ICD9CM`
are read as `ICD10` and `ICD9`, `SNOMEDCT` and `SCT` as `SNOMED`. A code the lists do not know is kept and
counted, and says nothing about the resident.

Mapping never changes a value, so a code for a measurement is listed only where its unit is the concept's
own. A state is read from its value: an import that sends prescriptions as `BNF:` codes gives 1 at the
start of a course and 0 at its end.

A value outside the limits of its concept is reported by the check. The feed is the one that usually
carries the concept; it tells a resident with no falls from a home whose fall records have stopped coming.
"""

_SIGNS = """\
## Soft signs

What a carer notices first says more when it says what it is: the `text` of a `soft_sign` is looked up in `signs.csv`,
without case. A text that is not there is `sign_other`. The signs are those of RESTORE2; add the wordings of your care
record system to the list.
"""

_MAPPED = """\
## Mapped codes

`*` marks a beginning of codes. Sources and notes stand in `maps.csv`, and so do codes beyond the first 60 of a
row.
"""

_SCORED = """\
## Anticholinergic burden

Where a source has medicine records and states no `acb_score`, the import works it out from these: the sum of the
scores of the distinct drugs issued in the last 90 days ([import.md](import.md#anticholinergic-burden)). Scores are
those of the Anticholinergic Cognitive Burden scale (Boustani 2008, Aging Health 4:311-320, with the Aging Brain Care
update of 2012): 1 a possible effect, 2 or 3 a definite one. Codes are chemical substances of the BNF, and each takes
the products that begin with it. `anticholinergic.csv` says where each code was verified: the NHS list of chemical
substances of 2011, product names of the Drug Tariff of 2016, or the lists that NHSBSA made of the scale for its
statistics of care homes. The scores were read in a public collation of such scales, not in the paper.

A sum is a lower bound. The scale is from the United States and has neither dosulepin, lofepramine nor prochlorperazine;
sertraline, citalopram and mirtazapine are not on it. Not listed here: creams, drops and inhalers; hyoscine
butylbromide, which does not reach the brain; substances whose codes were not verified (benzatropine, olanzapine
depots); codes of SNOMED CT, dm+d and RxNorm, none of which were verified, so that extracts which have only these get
no score. A product of two listed drugs counts as one of them.
"""

_SENSITIVE = """\
## Codes that never enter

Records with these codes are no part of a history and no code of them names a concept: general practice leaves
them out of shared records, and for assisted conception and gender recognition the law does. `*` marks a
beginning of codes. Diagnoses of spells are `ICD10`, procedures `OPCS4`. The list is a second fence and cannot
be complete, for the national lists of SNOMED CT codes are licensed: ask for extracts that leave them out.
"""

_OUTCOMES = """\
## Outcome definitions

`outcomes/definitions.csv` has one row a definition, `outcomes/<definition>.csv` one row a rule. An
admission takes the category of the first rule it meets, from the top. Codes stand for everything that
begins with them: `J69` takes `J690` and `J698`. *Primary* looks at the primary diagnosis, *any* at all
diagnoses. Every condition of a rule must hold: "with" a secondary diagnosis, "without" a diagnosis in any
position, "without" a procedure (OPCS-4), limits of age (both included, in whole years at admission). An
admission without a coded primary diagnosis is in no definition but `all_emergency`.

Only new emergency admissions count, by the admission method of the NHS Data Dictionary: 21 emergency
department, 22 general practitioner, 23 bed bureau, 24 consultant clinic, 25 mental health crisis team, 28
other means, 2A emergency department of another provider, 2C baby born at home, 2D other. 2B, the transfer
of an emergency patient, is never a new admission.

None of these lists proves that an admission could have been avoided: they name conditions that are
potentially avoidable.
"""


def markdown() -> str:
    """The whole page, ending in one newline."""
    parts = [
        _INTRODUCTION,
        "### Kinds of concept\n",
        _table(("kind", "meaning"), _KINDS.items()),
        "## Concepts\n",
        _table(("code", "name", "kind", "unit", "values", "feed", "note"), map(_concept, concepts().values())),
        _SIGNS,
        _table(("concept", "texts"), _named()),
        _MAPPED,
        _table(("concept", "system", "codes"), _mapped()),
        _SCORED,
        _table(("score", "drug", "codes"), _burdens()),
        _SENSITIVE,
        _table(("reason", "system", "codes"), _left_out()),
        _OUTCOMES,
        *(_definition(definition(name)) for name in definitions()),
    ]
    return "\n".join(parts)


def _concept(concept: Concept) -> Sequence[str]:
    values = "" if concept.low is None else f"{concept.low:g} to {concept.high:g}"
    return f"`{concept.code}`", concept.label, concept.kind, concept.unit, values, concept.feed, concept.note


def _named() -> Iterable[Sequence[str]]:
    for concept in sign_concepts():
        yield f"`{concept}`", ", ".join(text for text, named in signs().items() if named == concept)


def _mapped() -> Iterable[Sequence[str]]:
    order = list(concepts())
    by_concept = sorted(entries(), key=lambda e: (order.index(e.concept), e.system))
    for (concept, system), group in groupby(by_concept, key=lambda e: (e.concept, e.system)):
        yield f"`{concept}`", system, _codes(group)


def _burdens() -> Iterable[Sequence[str]]:
    by_drug = sorted(scored(), key=lambda row: (-row.score, row.drug, row.code))
    for (score, drug), group in groupby(by_drug, key=lambda row: (row.score, row.drug)):
        yield str(score), drug, _codes(group)


def _left_out() -> Iterable[Sequence[str]]:
    by_reason = sorted(exclusions(), key=lambda e: (e.reason, e.system))
    for (reason, system), group in groupby(by_reason, key=lambda e: (e.reason, e.system)):
        yield reason, system, _codes(group)


def _codes(rows: Iterable[Entry | Exclusion | Scored]) -> str:
    codes = [f"`{row.code}{'*' if row.match == 'prefix' else ''}`" for row in rows]
    more = [f"and {len(codes) - _AT_MOST} more"] if len(codes) > _AT_MOST else []
    return " ".join(codes[:_AT_MOST] + more)


def _definition(found: Definition) -> str:
    lines = [
        f"### {found.definition_id}: {found.title}\n",
        f"Version {found.version}. Source: {found.source}.",
    ]
    ages = _ages(found.min_age, found.max_age)
    lines += [f"Ages: {ages}."] if ages else []
    lines += [f"Its authors leave out admission sources {', '.join(found.excluded_sources)}."] * bool(
        found.excluded_sources
    )
    lines += [found.note] if found.note else []
    rows = _table(("category", "position", "codes", "conditions", "source", "note"), map(_rule, found.rules))
    return "\n".join([*lines, "", rows])


def _rule(rule: Rule) -> Sequence[str]:
    codes = " ".join(prefix or "any or none" for prefix in rule.pattern)
    return rule.category, rule.position, codes, "; ".join(_conditions(rule)), rule.source, rule.note


def _conditions(rule: Rule) -> Iterable[str]:
    which = "first procedure" if rule.procedure_position == "first" else "procedure"
    if rule.with_secondary:
        yield f"with secondary {' '.join(rule.with_secondary)}"
    if rule.without_any:
        yield f"without {' '.join(rule.without_any)}"
    if rule.without_procedure:
        yield f"without {which} {' '.join(rule.without_procedure)}"
    if ages := _ages(rule.min_age, rule.max_age):
        yield f"age {ages}"


def _ages(low: float | None, high: float | None) -> str:
    parts = [f"{low:g} and over"] if low is not None else []
    return " ".join(parts + ([f"up to {high:g}"] if high is not None else []))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    print(markdown(), end="")
