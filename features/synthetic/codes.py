"""Event codes as numbers for the compiled code: every concept of a resident's feeds, with feed and unit.

The numbers are this package's own; a test holds names, units and feeds equal to the concept list.
"""

FEEDS = ("care_record", "gp", "community", "urgent_care")

(
    FALL, FALL_UNWITNESSED, FALL_HEAD_INJURY, NEWS2, NEWS2_SINGLE3, RESP_RATE, SPO2, TEMPERATURE, SYSTOLIC_BP,
    PULSE, WEIGHT_KG, MUST, FLUID_INTAKE_ML, MEAL_REFUSED, MEDICINE_REFUSED, BOWELS_OPEN, SOFT_SIGN, STAFF_CONCERN,
    FAMILY_CONCERN, DISTRESS_BEHAVIOUR, PAIN_SCORE, SKIN_TEAR, PRESSURE_ULCER, WATERLOW, MOBILITY,
    ORAL_HEALTH_ASSESSMENT, DIET_TEXTURE, FLUID_THICKNESS, COUGH_AT_MEALS, POSTURAL_DROP, ROOM_CHANGE, BEREAVEMENT,
    SEIZURE, RESCUE_MEDICINE, HYPOGLYCAEMIA, CATHETER_BLOCKED, GP_CONTACT, GP_VISIT, HOME_ROUND_REVIEW, MDT_REVIEW,
    COMPREHENSIVE_ASSESSMENT, CARE_PLAN, STRUCTURED_MEDICATION_REVIEW, PHARMACIST_REVIEW, ADVANCE_CARE_PLAN,
    RESPECT_FORM, PREFERRED_PLACE, ANTICIPATORY_MEDICINES, END_OF_LIFE_REGISTER, ANTIBIOTIC, UTI, CHEST_INFECTION,
    SKIN_INFECTION, DELIRIUM, FOUR_AT, CFS, MEDICINE_COUNT, MEDICINE_STARTED, MEDICINE_STOPPED, ACB_SCORE,
    ANTIPSYCHOTIC, SEDATIVE, OPIOID, DIURETIC, ANTICOAGULANT, INSULIN, SULFONYLUREA, BONE_PROTECTION, CATHETER,
    CATHETER_CHANGE, FEEDING_TUBE, EGFR, SODIUM, HAEMOGLOBIN, HBA1C, CRP, FLU_VACCINE, COVID_VACCINE,
    PNEUMOCOCCAL_VACCINE, RSV_VACCINE, DENTAL_CONTACT, ANNUAL_HEALTH_CHECK, HOSPITAL_PASSPORT, DISCHARGE_SUMMARY,
    DEMENTIA, COPD, ASTHMA, HEART_FAILURE, ATRIAL_FIBRILLATION, ISCHAEMIC_HEART_DISEASE, STROKE, DIABETES, CKD,
    PARKINSONS, EPILEPSY, CANCER, DEPRESSION, OSTEOPOROSIS, ARTHRITIS, FRAGILITY_FRACTURE, DYSPHAGIA,
    LEARNING_DISABILITY, DISTRICT_NURSE, CRISIS_RESPONSE, VIRTUAL_WARD, DIETITIAN, SWALLOW_ASSESSMENT,
    PHYSIOTHERAPY, NHS111_CALL, OUT_OF_HOURS_CONTACT, AMBULANCE_CALLOUT, ED_ATTENDANCE, SDEC_ATTENDANCE,
) = range(113)  # fmt: skip

NAMES = (
    "fall", "fall_unwitnessed", "fall_head_injury", "news2", "news2_single3", "resp_rate", "spo2", "temperature",
    "systolic_bp", "pulse", "weight_kg", "must", "fluid_intake_ml", "meal_refused", "medicine_refused",
    "bowels_open", "soft_sign", "staff_concern", "family_concern", "distress_behaviour", "pain_score", "skin_tear",
    "pressure_ulcer", "waterlow", "mobility", "oral_health_assessment", "diet_texture", "fluid_thickness",
    "cough_at_meals", "postural_drop", "room_change", "bereavement", "seizure", "rescue_medicine", "hypoglycaemia",
    "catheter_blocked", "gp_contact", "gp_visit", "home_round_review", "mdt_review", "comprehensive_assessment",
    "care_plan", "structured_medication_review", "pharmacist_review", "advance_care_plan", "respect_form",
    "preferred_place", "anticipatory_medicines", "end_of_life_register", "antibiotic", "uti", "chest_infection",
    "skin_infection", "delirium", "four_at", "cfs", "medicine_count", "medicine_started", "medicine_stopped",
    "acb_score", "antipsychotic", "sedative", "opioid", "diuretic", "anticoagulant", "insulin", "sulfonylurea",
    "bone_protection", "catheter", "catheter_change", "feeding_tube", "egfr", "sodium", "haemoglobin", "hba1c",
    "crp", "flu_vaccine", "covid_vaccine", "pneumococcal_vaccine", "rsv_vaccine", "dental_contact",
    "annual_health_check", "hospital_passport", "discharge_summary", "dementia", "copd", "asthma", "heart_failure",
    "atrial_fibrillation", "ischaemic_heart_disease", "stroke", "diabetes", "ckd", "parkinsons", "epilepsy",
    "cancer", "depression", "osteoporosis", "arthritis", "fragility_fracture", "dysphagia", "learning_disability",
    "district_nurse", "crisis_response", "virtual_ward", "dietitian", "swallow_assessment", "physiotherapy",
    "nhs111_call", "out_of_hours_contact", "ambulance_callout", "ed_attendance", "sdec_attendance",
)  # fmt: skip
# The feed of each code, in the order of NAMES: a run per feed.
FEED_OF = (0,) * 36 + (1,) * 66 + (2,) * 6 + (3,) * 5

UNITS = {
    "fall": "harm 0-3",
    "news2": "score",
    "resp_rate": "breaths/min",
    "spo2": "%",
    "temperature": "degrees C",
    "systolic_bp": "mmHg",
    "pulse": "beats/min",
    "weight_kg": "kg",
    "must": "score",
    "fluid_intake_ml": "ml/day",
    "pain_score": "score",
    "pressure_ulcer": "category",
    "waterlow": "score",
    "mobility": "level",
    "diet_texture": "level",
    "fluid_thickness": "level",
    "postural_drop": "mmHg",
    "end_of_life_register": "flag",
    "four_at": "score",
    "cfs": "level",
    "medicine_count": "medicines",
    "acb_score": "score",
    "antipsychotic": "flag",
    "sedative": "flag",
    "opioid": "flag",
    "diuretic": "flag",
    "anticoagulant": "flag",
    "insulin": "flag",
    "sulfonylurea": "flag",
    "bone_protection": "flag",
    "catheter": "flag",
    "feeding_tube": "flag",
    "egfr": "ml/min",
    "sodium": "mmol/l",
    "haemoglobin": "g/l",
    "hba1c": "mmol/mol",
    "crp": "mg/l",
    "virtual_ward": "flag",
    "ambulance_callout": "conveyed 0-1",
}
