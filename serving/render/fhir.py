"""A list as a FHIR R4 Bundle: whom to review in which order, why, by when, and what made the list.

RiskAssessment holds the chance, with no code, so that no program files it as a coded score of a record. In FHIR R4 a
decimal probability is a percentage, at most 100 (RiskAssessment.prediction.probability[x]). Only codes of FHIR's own
code systems are used; everything clinical is text. References point inside the bundle by `urn:uuid`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from serving.dues import Due, of_list
from serving.render import words
from serving.render.fhir_people import Subjects, subjects_of
from serving.render.ids import stable_id
from serving.render.meeting import to_review
from serving.rows import Entry, Identity, Stamp, Watchlist

_HL7 = "http://terminology.hl7.org/CodeSystem"
_TITLES = {"listed": "Review this week", "added": "Added by a person", "back_from_hospital": "Back from hospital"}
_DUES = {"after hospital": "Review after hospital", "review again": "Review again", "action": "Action"}
_UNWELL = "This list does not know about today. If someone is unwell, follow your usual route."

Resource = dict[str, Any]


def fhir(
    watchlist: Watchlist,
    dues: Sequence[Due] = (),
    identities: Mapping[str, Identity] | None = None,
    stamp: Stamp | None = None,
) -> str:
    """The bundle as JSON, checked against the definitions of FHIR R4B: by pseudonym, or with `identities` named.

    ValueError when identities come without a stamp.
    """
    if identities is not None and stamp is None:
        raise ValueError("a named copy needs a stamp: for whom, for what, when")
    from fhir.resources.R4B.bundle import Bundle

    entries, agreed = to_review(watchlist), of_list(watchlist, dues)
    shown = {entry.resident_id for entry in entries} | {due.resident_id for due in agreed}
    people = subjects_of([e for e in watchlist.entries if e.resident_id in shown], identities or {})
    resources = [_device(watchlist), *people.patients]
    for entry in entries:
        resources += _of_entry(watchlist, entry, people)
    resources += [_due(watchlist, due, people) for due in agreed]
    resources.append(_list(watchlist, entries, people))
    resources = list({one["id"]: one for one in resources}.values())  # what was decided twice is one thing to do
    resources.append(_provenance(watchlist, stamp, resources))
    made = Bundle.model_validate(_bundle(watchlist, stamp, resources))
    return made.model_dump_json(indent=1) + "\n"


def _bundle(watchlist: Watchlist, stamp: Stamp | None, resources: Sequence[Resource]) -> Resource:
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return _new("Bundle", watchlist, type="collection", timestamp=_recorded(watchlist, stamp), entry=entries)


def _of_entry(watchlist: Watchlist, entry: Entry, people: Subjects) -> list[Resource]:
    """The chance, what to check first, and the task of reviewing, of one resident."""
    subject = people.reference(entry.resident_id)
    week = _period(watchlist.as_of, 7)
    flags = [
        _new(
            "Flag", watchlist, entry.resident_id, flag,
            status="active", category=[_coded("flag-category", "clinical", "Clinical")], code=_text(flag),
            subject=subject, period=week, author=_to(_device(watchlist)),
        )
        for flag in entry.flags
    ]  # fmt: skip
    chance = [] if entry.risk is None else [_risk(watchlist, entry, entry.risk, subject)]
    review = _new(
        "Task", watchlist, entry.resident_id, "review",
        status="requested", intent="proposal", code=_text(f"Review at the {words.KINDS[watchlist.team.kind]}"),
        **{"for": subject}, **({"focus": _to(chance[0])} if chance else {}), authoredOn=_day(watchlist.as_of),
        requester=_to(_device(watchlist)), restriction={"period": week},
    )  # fmt: skip
    return [*chance, *flags, review]


def _risk(watchlist: Watchlist, entry: Entry, risk: float, subject: Resource) -> Resource:
    predictions = [_prediction(watchlist, watchlist.outcome_label, risk)]
    if entry.risk_any is not None:
        predictions.append(_prediction(watchlist, "any emergency admission", entry.risk_any))
    reasons = [f"{reason.sentence} ({words.size(reason)})" for reason in entry.reasons]
    notes = [*reasons, *entry.lowers, *entry.gaps, entry.status_note, _UNWELL]
    return _new(
        "RiskAssessment", watchlist, entry.resident_id,
        status="final", subject=subject, occurrenceDateTime=_day(watchlist.as_of), performer=_to(_device(watchlist)),
        method=_text(f"homeround, model {words.model(watchlist)}"), prediction=predictions,
        **({"mitigation": words.plain("; ".join(p.text for p in entry.prompts))} if entry.prompts else {}),
        note=[{"text": words.plain(note)} for note in notes if note],
    )  # fmt: skip


def _prediction(watchlist: Watchlist, outcome: str, risk: float) -> Resource:
    said = f"{words.in_100(risk)} people with similar records, within {watchlist.horizon_days} days"
    return {
        "outcome": _text(words.capital(outcome)),
        "probabilityDecimal": round(risk * 100, 1),
        "whenPeriod": _period(watchlist.as_of, watchlist.horizon_days),
        "rationale": words.capital(said.replace(words.NBSP, " ")),
    }


def _due(watchlist: Watchlist, due: Due, people: Subjects) -> Resource:
    what = words.plain(due.what or _DUES[due.kind])
    owner = {"owner": {"display": words.plain(due.who)}} if due.who else {}
    return _new(
        "Task", watchlist, due.resident_id, due.kind, due.on.isoformat(), due.what,
        status="requested", intent="plan", code=_text(_DUES[due.kind]), description=what,
        **{"for": people.reference(due.resident_id)}, **owner,
        restriction={"period": {"end": _day(due.on)}},
    )  # fmt: skip


def _list(watchlist: Watchlist, entries: Sequence[Entry], people: Subjects) -> Resource:
    lines = [{"flag": _text(_TITLES[e.section]), "item": people.reference(e.resident_id)} for e in entries]
    hindsight = "Made in hindsight: the model has learnt from later records. Do not use it for care."
    notes = [*([hindsight] if watchlist.backdated else []), *watchlist.warnings, _UNWELL]
    return _new(
        "List", watchlist,
        status="current", mode="snapshot", title=f"Residents to review this week: {words.plain(watchlist.team.label)}",
        date=_day(watchlist.as_of), source=_to(_device(watchlist)),
        orderedBy=_coded("list-order", "priority", "Sorted by Priority"),
        note=[{"text": words.plain(note)} for note in notes],
        **({"entry": lines} if lines else {"emptyReason": _text("No residents are listed this week")}),
    )  # fmt: skip


def _provenance(watchlist: Watchlist, stamp: Stamp | None, resources: Sequence[Resource]) -> Resource:
    author = {"type": _coded("provenance-participant-type", "author", "Author"), "who": _to(_device(watchlist))}
    return _new(
        "Provenance", watchlist,
        target=[_to(one) for one in resources if one["resourceType"] != "Device"],
        occurredDateTime=_day(watchlist.as_of), recorded=_recorded(watchlist, stamp),
        reason=[_text(words.who_can_see(watchlist, stamp))], activity=_text(words.run_line(watchlist)), agent=[author],
    )  # fmt: skip


def _device(watchlist: Watchlist) -> Resource:
    """The program with its model: who made the list."""
    return {
        "resourceType": "Device",
        "id": stable_id("Device", watchlist.model_version, watchlist.model_alias),
        "status": "active",
        "deviceName": [{"name": "homeround", "type": "user-friendly-name"}],
        "version": [{"type": _text("model"), "value": words.plain(words.model(watchlist))}],
    }


def _new(kind: str, watchlist: Watchlist, *of: str, **fields: Any) -> Resource:
    """A resource of this list with its id and the list's revision as its version."""
    made = stable_id(kind, watchlist.team.id, watchlist.as_of.isoformat(), *of)
    return {"resourceType": kind, "id": made, "meta": {"versionId": str(watchlist.revision)}, **fields}


def _to(resource: Resource) -> Resource:
    return {"reference": f"urn:uuid:{resource['id']}"}


def _text(text: str) -> Resource:
    return {"text": words.plain(text)}


def _coded(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": f"{_HL7}/{system}", "code": code, "display": display}]}


def _period(start: date, days: int) -> Resource:
    return {"start": _day(start), "end": _day(start + timedelta(days=days - 1))}


def _day(on: date) -> str:
    return on.isoformat()


def _recorded(watchlist: Watchlist, stamp: Stamp | None) -> str:
    at = stamp.at if stamp else datetime.combine(watchlist.as_of, time(), UTC)
    return at.astimezone(UTC).isoformat(timespec="seconds")
