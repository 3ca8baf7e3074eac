"""FHIR R4, a folder of bulk NDJSON files and bundles, plain or gzipped, as a resident history.

Read twice, line by line: first patients, encounters and consent, then everything clinical in batches, so that memory
grows with people and admissions and not with the files. Encounters of the classes in classes.csv become spells and
attendances; conditions, observations with their components, medication, procedures, immunisations, flags and care plans
become events; consent that denies becomes an objection. What was entered in error, cancelled or not done is passed over
and counted.
"""

from pathlib import Path

from ...problems import HistoryError, Problem
from ..draft import Draft
from ..options import Options
from ..tally import Tally
from .encounters import Encounters
from .events import EVENTS, Diagnoses, batches, write_events
from .people import People
from .resources import resources
from .stays import write_stays


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`. Raises HistoryError without any patient."""
    people, encounters = People(), Encounters()
    for one in resources(source, tally, {"Patient", "Encounter", "Consent"}):
        if one.type == "Patient":
            people.add(one, tally)
        elif one.type == "Encounter":
            encounters.add(one, tally)
        else:
            people.consent(one, tally)
    if not people:
        hint = "Name the folder of the export"
        raise HistoryError([Problem("Patient", "", "there is none", "error", 0, source.name, hint)])
    people.write(draft, tally)
    visits = encounters.frame(people, tally)
    admitted = encounters.admissions(visits, emergencies=options.emergencies)
    diagnoses = Diagnoses(set(admitted["encounter_id"]))
    for batch in batches(resources(source, Tally(), set(EVENTS))):
        write_events(batch, people, diagnoses, draft, tally)
    encounters.write(draft, visits, admitted, diagnoses)
    write_stays(draft, people, encounters, tally)
