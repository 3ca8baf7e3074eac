"""The catalogue: what homeround looks at, as a clinician would list it. Data, not code."""

from functools import cache

from .measures import ALL_HISTORY, Measure, Stat
from .specs import Background, BedDays, Catalogue, Feature, FeedAge, OfHome, OthersRate, Ratio, measured
from .streams import FEEDS

_EVER = (ALL_HISTORY,)


@cache
def catalogue() -> Catalogue:
    """The default catalogue, in column order."""
    return Catalogue(
        (
            *_falls(),
            *_infection(),
            *_nutrition(),
            *_medicines(),
            *_breathing_heart(),
            *_skin(),
            *_mind(),
            *_urgent(),
            *_hospital(),
            *_planning(),
            *_home(),
            *_background(),
        )
    )


def _counts(stream: str, windows: tuple[int, ...], group: str, *, acts: bool = True) -> list[Feature]:
    """More records of a harm can only mean more risk, so counts are held monotone."""
    return measured(stream, Stat.COUNT, windows, group, acts=acts, monotone=1)


def _since(stream: str, group: str, *, acts: bool = False) -> list[Feature]:
    return measured(stream, Stat.SINCE, _EVER, group, acts=acts)


def _sign(sign: str, group: str) -> list[Feature]:
    """What a carer noticed first, where it says which system it is of: how often, and how lately."""
    return [*_counts(sign, (7, 28), group), *_since(sign, group, acts=True)]


def _falls() -> list[Feature]:
    g = "Falls"
    return [
        *_counts("fall", (7, 28, 91, 364), g),
        *_since("fall", g),
        *_counts("fall_unwitnessed", (28, 91), g),
        *_counts("fall_head_injury", (28, 91), g),
        *_counts("injurious_fall", (28, 91, 364), g),
        *_counts("fall_admission", (364,), g, acts=False),
        *measured("postural_drop", Stat.LAST, (182,), g, acts=True),
        *measured("mobility", Stat.LAST, (182,), g),
        *measured("mobility", Stat.CHANGE, (91,), g, acts=True),
        *measured("fragility_fracture", Stat.EVER, _EVER, g),
        *measured("osteoporosis", Stat.EVER, _EVER, g),
        *measured("bone_protection", Stat.ACTIVE, _EVER, g, acts=True),
        *measured("physiotherapy", Stat.COUNT, (91,), g, acts=True),
        *_sign("sign_mobility", g),
    ]


def _infection() -> list[Feature]:
    g = "Infection"
    return [
        *_counts("infection", (7, 28, 91, 364), g),
        *_since("infection", g),
        *_counts("uti", (28, 91, 364), g),
        *_since("uti", g, acts=True),
        *_counts("chest_infection", (28, 91, 364), g),
        *_since("chest_infection", g, acts=True),
        *_counts("skin_infection", (91,), g),
        *_counts("antibiotic", (7, 28, 91, 364), g),
        *_since("antibiotic", g),
        *measured("catheter", Stat.ACTIVE, _EVER, g, acts=True, monotone=1),
        *_counts("catheter_blocked", (28, 91), g),
        *measured("catheter_change", Stat.COUNT, (91,), g, acts=True),
        *measured("temperature", Stat.MAX, (3, 7, 28), g, acts=True),
        *measured("crp", Stat.LAST, (182,), g, acts=True),
        *_since("flu_vaccine", g, acts=True),
        *_since("covid_vaccine", g, acts=True),
        *measured("pneumococcal_vaccine", Stat.EVER, _EVER, g, acts=True),
        *measured("rsv_vaccine", Stat.EVER, _EVER, g, acts=True),
        *(f for s in ("sign_cough", "sign_urine", "sign_stools", "sign_flushed") for f in _sign(s, g)),
    ]


def _nutrition() -> list[Feature]:
    g = "Nutrition and hydration"
    intake = Ratio(Measure("fluid_intake_ml", Stat.MEAN, 7), Measure("fluid_intake_ml", Stat.MEAN, 91))
    return [
        *measured("weight_kg", Stat.LAST, (182,), g),
        *measured("weight_kg", Stat.SHARE, (91, 182), g, acts=True, monotone=-1),
        *measured("must", Stat.LAST, (182,), g, acts=True, monotone=1),
        *measured("must", Stat.CHANGE, (91,), g, acts=True),
        *measured("fluid_intake_ml", Stat.MEAN, (3, 7, 28), g, acts=True),
        *measured("fluid_intake_ml", Stat.MIN, (7,), g, acts=True),
        *measured("fluid_intake_ml", Stat.DAYS, (28,), g),
        Feature("fluid_intake_below_baseline_7", g, intake, acts=True),
        *_counts("low_intake", (7, 28), g),
        *_counts("intake_refused", (3, 7, 28), g),
        *(f for s in ("sign_intake", "sign_swallow") for f in _sign(s, g)),
        *_since("bowels_open", g, acts=True),
        *measured("bowels_open", Stat.DAYS, (7,), g, acts=True),
        *_counts("cough_at_meals", (7, 28, 91), g),
        *measured("diet_texture", Stat.LAST, (364,), g, acts=True),
        *measured("fluid_thickness", Stat.LAST, (364,), g, acts=True),
        *measured("dysphagia", Stat.EVER, _EVER, g, acts=True, monotone=1),
        *measured("feeding_tube", Stat.ACTIVE, _EVER, g, acts=True),
        *_since("oral_health_assessment", g, acts=True),
        *_since("dental_contact", g, acts=True),
        *_since("dietitian", g, acts=True),
        *_since("swallow_assessment", g, acts=True),
        *measured("sodium", Stat.LAST, (182,), g, acts=True),
        *measured("haemoglobin", Stat.LAST, (182,), g, acts=True),
        *measured("haemoglobin", Stat.CHANGE, (182,), g, acts=True),
    ]


def _medicines() -> list[Feature]:
    g = "Medicines"
    states = ("antipsychotic", "sedative", "opioid", "diuretic", "anticoagulant", "insulin", "sulfonylurea")
    return [
        *measured("medicine_count", Stat.LAST, (364,), g, acts=True, monotone=1),
        *measured("medicine_count", Stat.CHANGE, (91,), g, acts=True),
        *measured("medicine_started", Stat.COUNT, (28, 91), g, acts=True),
        *measured("medicine_stopped", Stat.COUNT, (28,), g, acts=True),
        *measured("acb_score", Stat.LAST, (364,), g, acts=True),
        *measured("acb_score", Stat.CHANGE, (91,), g, acts=True),
        *(f for s in states for f in measured(s, Stat.ACTIVE, _EVER, g, acts=True)),
        *(f for s in states[:4] for f in measured(s, Stat.COUNT, (28,), g, acts=True)),
        *_since("structured_medication_review", g, acts=True),
        *_since("pharmacist_review", g, acts=True),
        *measured("egfr", Stat.LAST, (182,), g, acts=True),
        *measured("egfr", Stat.CHANGE, (182,), g, acts=True),
        *measured("hba1c", Stat.LAST, (364,), g, acts=True),
        *measured("low_hba1c", Stat.EVER, _EVER, g, acts=True),
        *_counts("hypoglycaemia", (28, 91), g),
        *measured("diabetes", Stat.EVER, _EVER, g),
    ]


def _breathing_heart() -> list[Feature]:
    g = "Breathing and heart"
    long_term = (
        "copd",
        "asthma",
        "heart_failure",
        "atrial_fibrillation",
        "ischaemic_heart_disease",
        "ckd",
        "stroke",
    )
    return [
        *measured("news2", Stat.LAST, (7, 28), g, acts=True, monotone=1),
        *measured("news2", Stat.MAX, (3, 7, 28, 91), g, acts=True, monotone=1),
        *measured("news2", Stat.MEAN, (28,), g, acts=True),
        *measured("news2", Stat.RISE, (91,), g, acts=True),
        *measured("news2", Stat.SLOPE, (28,), g, acts=True),
        *measured("news2", Stat.COUNT, (7, 28), g),
        *_counts("news2_5", (7, 28), g),
        *_since("news2_5", g, acts=True),
        *_counts("news2_single3", (7, 28), g),
        *_counts("soft_sign", (3, 7, 28), g),
        *_since("soft_sign", g, acts=True),
        *_counts("concern", (3, 7, 28), g),
        *_since("concern", g, acts=True),
        *(f for s in ("sign_breathless", "sign_swollen") for f in _sign(s, g)),
        *measured("resp_rate", Stat.LAST, (28,), g, acts=True),
        *measured("resp_rate", Stat.RISE, (91,), g, acts=True),
        *measured("spo2", Stat.LAST, (28,), g, acts=True),
        *measured("spo2", Stat.MIN, (28,), g, acts=True),
        *measured("pulse", Stat.LAST, (28,), g, acts=True),
        *measured("systolic_bp", Stat.LAST, (28,), g, acts=True),
        *measured("systolic_bp", Stat.MIN, (28,), g, acts=True),
        *(f for s in long_term for f in measured(s, Stat.EVER, _EVER, g)),
    ]


def _skin() -> list[Feature]:
    g = "Skin"
    return [
        *measured("pressure_ulcer", Stat.LAST, (182,), g, acts=True, monotone=1),
        *measured("pressure_ulcer", Stat.CHANGE, (91,), g, acts=True),
        *_counts("skin_tear", (28, 91), g),
        *measured("waterlow", Stat.LAST, (182,), g, acts=True),
    ]


def _mind() -> list[Feature]:
    g = "Mood and cognition"
    return [
        *_counts("delirium", (7, 28, 91, 364), g),
        *_since("delirium", g, acts=True),
        *_sign("sign_mind", g),
        *_counts("positive_four_at", (28,), g),
        *measured("distress_behaviour", Stat.DAYS, (28,), g, acts=True),
        *measured("pain_score", Stat.MAX, (28,), g, acts=True),
        *_counts("severe_pain", (28,), g),
        *measured("bereavement", Stat.COUNT, (91,), g, acts=True),
        *measured("room_change", Stat.COUNT, (91,), g, acts=True),
        *_counts("seizure", (28, 91, 364), g),
        *_since("seizure", g),
        *_counts("rescue_medicine", (91,), g),
        *(f for s in ("dementia", "depression", "parkinsons", "epilepsy", "learning_disability")
          for f in measured(s, Stat.EVER, _EVER, g)),
    ]  # fmt: skip


def _urgent() -> list[Feature]:
    g = "Urgent care use"
    return [
        *_counts("ed_attendance", (28, 91, 364), g),
        *_since("ed_attendance", g),
        *_counts("ambulance_callout", (7, 28, 91, 364), g),
        *_since("ambulance_callout", g),
        *_counts("not_conveyed", (28,), g),
        *_counts("urgent_contact", (7, 28, 91), g),
        *_since("urgent_contact", g),
        *measured("sdec_attendance", Stat.COUNT, (91,), g, acts=True),
        *measured("crisis_response", Stat.COUNT, (28, 91), g, acts=True),
        *measured("virtual_ward", Stat.ACTIVE, _EVER, g, acts=True),
        *measured("reablement", Stat.ACTIVE, _EVER, g, acts=True),
        *measured("gp_contact", Stat.COUNT, (7, 28, 91), g, acts=True),
        *_since("gp_contact", g),
        *measured("gp_visit", Stat.COUNT, (28,), g, acts=True),
        *measured("district_nurse", Stat.COUNT, (28,), g, acts=True),
    ]


def _hospital() -> list[Feature]:
    g = "Recent hospital stay"
    return [
        *_counts("emergency_admission", (28, 91, 182, 364), g, acts=False),
        *_since("emergency_admission", g),
        *_counts("avoidable_admission", (91, 364), g, acts=False),
        *_since("avoidable_admission", g),
        *measured("elective_admission", Stat.COUNT, (364,), g),
        *measured("discharge", Stat.SINCE, _EVER, g, acts=True),
        *measured("discharge", Stat.LAST, (91,), g, acts=True),
        *_counts("discharge", (28,), g),
        *measured("long_stay", Stat.COUNT, (91,), g, acts=True),
        *measured("late_discharge", Stat.COUNT, (28,), g, acts=True),
        *measured("weekend_discharge", Stat.COUNT, (28,), g, acts=True),
        *_since("discharge_summary", g, acts=True),
        *(Feature(f"bed_days_{w}", g, BedDays(w), monotone=1) for w in (28, 91, 364)),
        Feature("in_hospital_now", g, Background("in_hospital")),
    ]


def _planning() -> list[Feature]:
    g = "Care planning"
    reviews = ("contact_review", "comprehensive_assessment", "care_plan", "gp_visit", "annual_health_check")
    plans = (
        "advance_care_plan",
        "respect_form",
        "preferred_place",
        "anticipatory_medicines",
        "hospital_passport",
    )
    return [
        *(f for s in reviews for f in _since(s, g, acts=True)),
        *(f for s in plans for f in measured(s, Stat.EVER, _EVER, g, acts=True)),
        *measured("end_of_life_register", Stat.ACTIVE, _EVER, g),
        *measured("contact_review", Stat.COUNT, (91,), g, acts=True),
    ]


def _home() -> list[Feature]:
    g = "Home"
    rates = ("fall", "emergency_admission", "ed_attendance", "ambulance_callout", "infection")
    return [
        *(Feature(f"others_{s}_{w}", g, OthersRate(s, w)) for s in rates for w in (28, 91, 364)),
        *(Feature(f"home_{s}", g, OfHome(Measure(s, Stat.LAST, 364)), acts=True)
          for s in ("cqc_rating", "agency_share", "occupancy")),
        *(Feature(f"home_{s}", g, OfHome(Measure(s, Stat.ACTIVE)), acts=True)
          for s in ("outbreak", "manager_vacancy")),
        Feature("home_training_364", g, OfHome(Measure("training", Stat.COUNT, 364)), acts=True),
        Feature("home_round_since", g, OfHome(Measure("round_held", Stat.SINCE)), acts=True),
        Feature("home_beds", g, Background("beds")),
        Feature("home_nursing", g, Background("nursing")),
        Feature("home_learning_disability", g, Background("learning_disability_home")),
        *(Feature(f"home_{f}_silent_days", g, FeedAge(f, True)) for f in ("care_record", "gp")),
    ]  # fmt: skip


def _background() -> list[Feature]:
    g = "Background"
    keys = ("age", "male", "imd_decile", "permanent", "nhs_funded", "self_funded", "from_hospital", "year_sine",
            "year_cosine")  # fmt: skip
    return [
        *(Feature(k, g, Background(k)) for k in keys),
        *measured("move_in", Stat.SINCE, _EVER, g),
        *measured("move_in", Stat.COUNT, (91,), g),
        *measured("cfs", Stat.LAST, _EVER, g),
        *measured("cfs", Stat.CHANGE, (364,), g),
        *measured("cancer", Stat.EVER, _EVER, g),
        *measured("arthritis", Stat.EVER, _EVER, g),
        *(Feature(f"{f}_age", g, FeedAge(f, False)) for f in FEEDS),
    ]
