"""Files of a FHIR folder and what they may be called: a bundle per patient is often named after the patient."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ENDINGS = (".ndjson", ".json")
# FHIR R4, the types that exports of people hold; bulk exports name files after them, with the number of the part.
_TYPES = """
    Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary BodyStructure
    Bundle CarePlan CareTeam ChargeItem Claim ClaimResponse ClinicalImpression Communication CommunicationRequest
    Composition Condition Consent Contract Coverage DetectedIssue Device DeviceRequest DeviceUseStatement
    DiagnosticReport DocumentManifest DocumentReference Encounter EpisodeOfCare ExplanationOfBenefit
    FamilyMemberHistory Flag Goal Group GuidanceResponse HealthcareService ImagingStudy Immunization
    ImmunizationEvaluation ImmunizationRecommendation List Location Measure MeasureReport Media Medication
    MedicationAdministration MedicationDispense MedicationRequest MedicationStatement MolecularSequence
    NutritionOrder Observation Organization OrganizationAffiliation Patient Person Practitioner PractitionerRole
    Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup ResearchStudy
    ResearchSubject RiskAssessment Schedule ServiceRequest Slot Specimen Substance SupplyDelivery SupplyRequest Task
    ValueSet VisionPrescription
"""
_BY_TYPE = re.compile(r"^(?:\d{1,3}[._-])?([A-Za-z]+)(?:[._-]?\d{1,3})?$")
OTHERS = "files not named after a type of resource"


@dataclass(frozen=True)
class File:
    """A file, the name by which reports and messages call it, and what they put before places in it."""

    path: Path
    name: str
    before: str

    @property
    def lines(self) -> bool:
        return _ending(self.path) == ".ndjson"

    @property
    def packed(self) -> bool:
        return self.path.suffix.lower() == ".gz"


def files(root: Path) -> Iterator[File]:
    """Files in the order of their names; those that no type names are numbered, and go by one name together."""
    paths = sorted(path for path in root.rglob("*") if _ending(path) in _ENDINGS and path.is_file())
    others = [path for path in paths if not _by_type(path)]
    number = {path: k for k, path in enumerate(others, 1)}
    for path in paths:
        if path not in number:
            yield File(path, path.name, "")
        else:
            yield File(path, OTHERS, f"file {number[path]:,} of {len(others):,}, " if len(others) > 1 else "")


def _by_type(path: Path) -> bool:
    stem = path.name.lower().removesuffix(".gz").removesuffix(_ending(path))
    match = _BY_TYPE.match(path.name[: len(stem)])
    return match is not None and match[1] in _TYPES.split()


def _ending(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
