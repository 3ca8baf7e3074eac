"""What every card says, whatever the run: use and misuse, limits, ethics, contesting, maintenance."""

USE = (
    "Each Monday, for everyone who lives in a care home of the history, to put in order those whom a team will review "
    "that week, and to say which records raise the estimate.",
    "As one input to a clinician's judgement. The clinician may pass over anyone on the list and add anyone who is "
    "not.",
    "With a protocol: who reviews, how many a week, what a review holds, what is written down. Where a list was given "
    "out without one, emergency admissions rose (PRISM trial, Snooks et al., BMJ Quality & Safety 2019;28:697).",
)
USERS = (
    "**GP, geriatrician, MDT lead**: reads the list, decides, records decision, owner and date.",
    "**Data scientist**: trains, compares, explains, proposes a model for use.",
    "**Care home**: gets a one-page summary of a resident once a clinician has released it; never a chance or a place.",
    "**Analyst of the commissioner**: sees counts and pseudonyms.",
)
NOT_FOR = (
    "**Not for deciding** who may be admitted, conveyed, treated, moved or discharged, nor for delaying or refusing "
    "care.",
    "**Not an alarm.** It is made once a week from records that may be days old. Someone who is unwell now needs "
    "help now, "
    "whatever the list says.",
    "**No reassurance.** A low estimate, or no place on a list, does not mean that a resident is safe: most "
    "admissions come "
    "from residents who are on no list.",
    "**Not for advance care planning**: neither a prognosis of death, nor grounds for or against a decision on "
    "resuscitation or hospital care.",
    "**Not for comparing or judging** homes, practices, staff or places, and not for payment, contracts, inspection, "
    "placement, fees or insurance.",
    "**Not for automated decisions** about a resident: a person decides, each time.",
    "**Not a measure of benefit**: those at the highest chance need not be those whom a review helps most.",
    "**Not for anyone outside** the homes, the age range and the area it was trained in, until it has been judged "
    "there.",
)
LIMITS = (
    "What is not recorded is not seen. Poor records can look like low risk: a home without a digital care record has "
    "fewer facts to its name, not fewer risks.",
    "The outcome is a list of diagnosis codes. It says that the condition is one that may be manageable earlier, not "
    "that "
    "this admission could have been avoided.",
    "Contributions tell what moved the estimate, not what causes admissions.",
    "Intervals are drawn over homes. They do not tell how the figures would be in another season, in another area, "
    "or once "
    "people act on the lists. With few homes they are too narrow.",
    "An admission is the outcome of each weekly row whose horizon holds it, so rows with the outcome are more than "
    "admissions.",
    "It has been judged on later weeks of the same homes. `homeround evaluate HISTORY --new homes` judges it on "
    "homes it has "
    "not seen; no judgement in another area is part of this card.",
)
ETHICS = (
    "Being listed brings attention, and takes it from others: a list has as many places as a team can review. Who is "
    "left out matters as much as who is listed; see the figures by group.",
    "Age, sex, the funding of the stay and the deprivation of the home's area may be predictors. They stand in the "
    "background of a reason and are never the first. Ethnicity is not a predictor and is looked at in the figures by "
    "group only.",
    "The highest risk is not always what can be changed. Residents near the end of life may be listed often; what they "
    "want stands in their care plan, not here.",
    "Residents, and those who speak for them, should be told that such lists are made. Objections are honoured for "
    "each "
    "purpose and counted.",
    "Software that guides the care of single patients can be a medical device (UK Medical Devices Regulations 2002) "
    "and "
    "falls under the clinical safety standards DCB0129 and DCB0160. This card is evidence for that work and no claim "
    "of "
    "conformity; hazards and controls are in `docs/safety/hazards.csv`.",
)
PERFORMATIVE = (
    "The figures are of weeks as they were. Once lists are used, a review that prevents an admission makes a right "
    "estimate look wrong, and a model retrained on such weeks learns that those who are helped are safe (Lenert, "
    "Matheny "
    "and Walsh, JAMIA 2019;26:1645; Liley et al., AISTATS 2021, arXiv:2010.11530).",
    "So observed over expected falls when lists work, and also when the model has gone wrong: the two cannot be told "
    "apart without knowing who was listed and who was reviewed. Published lists are kept for that reason; reviews "
    "must be "
    "recorded. Whoever retrains on weeks with lists in use must say so. No figure here shows that lists reduce "
    "admissions.",
)
CONTEST = (
    "A clinician may pass over anyone listed and review anyone who is not; the decision is theirs, and theirs to "
    "record.",
    "A resident, a relative or a home may ask why someone was or was not listed: a published list keeps its "
    "estimates and "
    "the reasons with their dates, and does not change afterwards.",
    "A wrong record is corrected at its source; the next run takes the latest version, and a list already published is "
    "followed by a revision that says what it replaces.",
    "An objection recorded for a purpose keeps the resident out of it from then on.",
)
MISSING = (
    "A value that is not there stays missing: nothing is imputed. Trees send missing values to the side that fits "
    "best, "
    "for each split.",
    "A count over a window is 0 only where the feed was seen to work; where the home's feed said nothing at all of "
    "anyone, "
    "it is missing.",
    "Each row is made from what had been recorded by its Monday, in training as on the day, so values that come late "
    "are "
    "missing in both.",
)
STATES = {
    "admitted": "admitted with the outcome",
    "none": "not admitted with the outcome",
    "died_first": "died first (counts as not admitted)",
    "same_day_care": "same-day emergency care only (counts as not admitted)",
    "left": "left every home first (no outcome: not fitted, not judged)",
    "died_before": "died before that Monday, recorded later (left out)",
    "not_yet_known": "horizon and coding delay not over (left out)",
}
STATUSES = {
    "eligible": "ranked",
    "hospital_uncertain": "ranked, though a discharge from hospital was never recorded",
    "in_hospital": "in hospital: left out",
    "no_usable_record": "no record of health within a year: left out",
    "objection": "objection: left out",
}
