"""Words that go with event codes, as numbers for the compiled code, and who wrote a record."""

SOFT_SIGNS = (
    "not themselves", "sleepier than usual", "eating less", "drinking less", "more confused", "off their feet",
    "new cough", "breathless", "passing urine more often", "smelly urine", "restless", "flushed", "cold hands and feet",
    "swollen ankles", "loose stools", "coughing when drinking",
)  # fmt: skip
ANTIBIOTICS = (
    "amoxicillin", "doxycycline", "co-amoxiclav", "trimethoprim", "nitrofurantoin", "cefalexin", "flucloxacillin",
    "pivmecillinam",
)  # fmt: skip
MEDICINES = (
    "laxative", "analgesic", "antihypertensive", "inhaler", "antidepressant", "proton pump inhibitor", "statin",
    "opioid", "sedative", "antipsychotic", "diuretic", "anticoagulant", "bone protection",
)  # fmt: skip
TRAINING = ("falls prevention", "RESTORE2", "hydration and nutrition", "oral health", "end of life care")

TEXTS = SOFT_SIGNS + ANTIBIOTICS + MEDICINES
ANTIBIOTIC_0 = len(SOFT_SIGNS)
MEDICINE_0 = ANTIBIOTIC_0 + len(ANTIBIOTICS)
NO_TEXT = -1

# Signs a carer notices first, by episode kind (state.py): three each.
SIGNS = (
    (0, 1, 2), (6, 7, 1), (8, 9, 4), (11, 0, 10), (14, 2, 0), (3, 1, 4), (15, 6, 11), (4, 10, 1), (13, 7, 5), (7, 6, 5),
    (4, 1, 12), (0, 10, 1), (2, 10, 0), (11, 2, 0), (1, 5, 4),
)  # fmt: skip

ROLES = ("nurse", "carer", "gp", "pharmacist", "paramedic", "nurse_practitioner", "therapist")
NURSE, CARER, GP, PHARMACIST, PARAMEDIC, PRACTITIONER, THERAPIST = range(7)
STAFF = (6, 14, 5, 2, 40, 3, 4)  # how many different people in each role work for one home or practice
