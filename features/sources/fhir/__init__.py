"""FHIR R4, a folder of bulk NDJSON files and bundles, plain or gzipped, as a resident history.

Read twice, resource by resource: first patients, encounters, consent, places and medicines, then everything clinical
in batches, so that memory grows with people, admissions, attendances and home visits and not with the files.
Encounters of the classes in classes.csv become spells and attendances, and those at the places of facilities.csv
stays; conditions, observations with their components, medication, procedures, immunisations, flags and care plans
become events; consent that denies becomes an objection. What was entered in error, cancelled or not done is passed
over and counted, of several versions the last holds, and so are resources of any other type.
"""

from pathlib import Path

from ...problems import HistoryError, Problem
from ..draft import Draft
from ..options import Options
from ..tally import Tally
from .diagnoses import Diagnoses
from .encounters import Encounters, at_homes
from .events import EVENTS, Known, write_events
from .homes import Homes
from .medicines import Medicines
from .people import People
from .resources import resources
from .stays import write_stays
from .versions import Withdrawn


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`. Raises HistoryError without any patient, or any encounter of one."""
    people, encounters, homes, medicines = People(), Encounters(), Homes(), Medicines()
    withdrawn = Withdrawn()
    for one in resources(source, tally):
        if one.type == "Patient":
            people.add(one, tally)
        elif one.type == "Encounter":
            encounters.add(one, tally)
        elif one.type == "Consent":
            people.consent(one, tally)
        elif one.type == "Medication":
            medicines.add(one)
        elif one.type in ("Organization", "Location"):
            homes.add(one)
        elif one.type in EVENTS:
            withdrawn.note(one)
        else:
            tally.passed_over["resources of types that are not read"] += 1
    spans = encounters.spans.frame()
    people.settle(spans, encounters.spans.last(), tally)
    if not people:
        hint = "Name the folder of the export"
        raise HistoryError([Problem("Patient", "", "there is none", "error", 0, source.name, hint)])
    visits = encounters.frame(people, tally)
    lived = at_homes(visits, homes)
    visits = visits.drop(index=lived.index)
    admitted = encounters.admissions(visits, tally, emergencies=options.emergencies)
    diagnoses = Diagnoses(admitted, encounters.names)
    write_events(resources(source, Tally()), Known(people, diagnoses, medicines, withdrawn), draft, tally)
    encounters.write(draft, visits, admitted, diagnoses)
    write_stays(draft, people, encounters.spans, lived, homes, tally)
    people.write(draft, tally)
