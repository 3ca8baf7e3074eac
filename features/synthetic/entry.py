"""What is on record when a resident registers: diagnoses of years before, medicines, last readings, reviews."""

from . import codes as c
from . import state as s
from .care import clock, diet_record
from .emit import NOTHING, note, put
from .jit import leaf, typed, uniform, whole
from .practice import frailty_scale, medicine_count
from .texts import ANTIBIOTIC_0, CARER, GP, MEDICINE_0, NO_TEXT, PHARMACIST, PRACTITIONER

_DIAGNOSES = (
    c.DEMENTIA, c.COPD, c.ASTHMA, c.HEART_FAILURE, c.ATRIAL_FIBRILLATION, c.ISCHAEMIC_HEART_DISEASE, c.STROKE,
    c.DIABETES, c.CKD, c.PARKINSONS, c.EPILEPSY, c.CANCER, c.DEPRESSION, c.OSTEOPOROSIS, c.ARTHRITIS,
    c.FRAGILITY_FRACTURE,
)  # fmt: skip
_FLAGS = (c.INSULIN, c.SULFONYLUREA, c.OPIOID, c.DIURETIC, c.ANTICOAGULANT, c.BONE_PROTECTION)


@leaf
def register(w, x, key, day, moved_in):
    """Everything recorded before or on moving in; `day` (>= moved_in) is when this record begins."""
    for i in range(16):
        if x[s.DEMENTIA + i] > 0.0:
            note(w, _before(key, day, moved_in, 600 + i, 2400), 36000 + 60 * i, _DIAGNOSES[i], GP, 0.0)
    if x[s.TYPE] == s.LEARNING:
        note(w, _before(key, day, moved_in, 620, 3000), 36000, c.LEARNING_DISABILITY, GP, 0.0)
    for i in range(6):
        if x[s.INSULIN + i] > 0.0:
            put(w, _before(key, day, moved_in, 622 + i, 1200), 37000, _FLAGS[i], 1.0, NO_TEXT, GP, 0.0)
    _state_on_entry(w, x, key, day, moved_in)
    _readings(w, x, key, day, moved_in)
    _journal(w, x, key, day, moved_in)


@typed("int64(uint64, int64, int64, int64, int64)")
def _before(key, day, moved_in, purpose, span):
    """A day up to `span` days before the move."""
    return max(moved_in - 1 - int(span * uniform(key, day, purpose)), 0)


@leaf
def _state_on_entry(w, x, key, day, moved_in):
    if x[s.DYSPHAGIA] > 0.0:
        note(w, _before(key, day, moved_in, 640, 300), 38000, c.DYSPHAGIA, GP, 0.0)
        diet_record(w, key, day, 39600)
    if x[s.CATHETER] > 0.0:
        put(w, _before(key, day, moved_in, 641, 120), 38100, c.CATHETER, 1.0, NO_TEXT, PRACTITIONER, 0.0)
    if x[s.SEDATED] > 0.0:
        code = c.ANTIPSYCHOTIC if (x[s.DEMENTIA] > 0.0 and x[s.PHASE] % 2.0 == 0.0) else c.SEDATIVE
        put(w, _before(key, day, moved_in, 642, 400), 38200, code, 1.0, NO_TEXT, GP, 0.0)
    if x[s.PLAN] > 0.0:
        note(w, _before(key, day, moved_in, 643, 200), 38300, c.ADVANCE_CARE_PLAN, GP, 0.0)
    if x[s.END_OF_LIFE] > 0.0:
        put(w, _before(key, day, moved_in, 644, 60), 38400, c.END_OF_LIFE_REGISTER, 1.0, NO_TEXT, GP, 0.0)
    if uniform(key, day, 645) < (0.06 if x[s.TYPE] == s.LEARNING else 0.012):
        put(w, _before(key, day, moved_in, 646, 900), 38500, c.FEEDING_TUBE, 1.0, NO_TEXT, GP, 0.0)
    if x[s.REABLEMENT] > 0.0:
        put(w, day, 40500, c.REABLEMENT, 1.0, NO_TEXT, PRACTITIONER, 0.0)
    if x[s.ULCER] > 0.0:
        put(w, day, 40000, c.PRESSURE_ULCER, x[s.ULCER], NO_TEXT, PRACTITIONER, 0.0)


@leaf
def _readings(w, x, key, day, moved_in):
    early = _before(key, day, moved_in, 650, 90)
    if x[s.TYPE] != s.LEARNING or uniform(key, day, 651) < 0.4:
        put(w, early, 41000, c.CFS, frailty_scale(x, key, day), NO_TEXT, GP, 0.0)
    put(w, early, 41100, c.MEDICINE_COUNT, medicine_count(x, key, day), NO_TEXT, PHARMACIST, 0.0)
    put(
        w,
        day,
        clock(key, day, 652, 15, 17),
        c.WEIGHT_KG,
        whole(10.0 * x[s.WEIGHT], -100.0, 10000.0) / 10.0,
        NO_TEXT,
        CARER,
        0.0,
    )
    if uniform(key, day, 653) < 0.65:
        note(w, day + 1 + int(8.0 * uniform(key, day, 654)), 42000, c.COMPREHENSIVE_ASSESSMENT, GP, 0.0)
    if uniform(key, day, 655) < 0.75:
        note(w, day + 1 + int(12.0 * uniform(key, day, 656)), 43000, c.CARE_PLAN, GP, 0.0)
    if uniform(key, day, 657) < 0.4:
        later = day + 10 + int(50.0 * uniform(key, day, 658))
        note(w, later, 44000, c.STRUCTURED_MEDICATION_REVIEW, PHARMACIST, 0.0)


@leaf
def _journal(w, x, key, day, moved_in):
    """The year in the community before the move: contacts, falls coded by the practice, antibiotics."""
    for i in range(14):
        u = uniform(key, day, 660 + i)
        when = max(moved_in - 1 - int(364.0 * uniform(key, day, 680 + i)), 0)
        second = 32400 + int(28000.0 * uniform(key, day, 700 + i))
        if u < 0.45:
            note(w, when, second, c.GP_CONTACT, GP, uniform(key, day, 720 + i))
        elif u < 0.50:
            put(w, when, second, c.FALL, 1.0, NO_TEXT, GP, 0.0)
        elif u < 0.56:
            put(w, when, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + int(8.0 * uniform(key, day, 720 + i)), GP, 0.0)
        elif u < 0.60:
            put(
                w,
                when,
                second,
                c.MEDICINE_STARTED,
                NOTHING,
                MEDICINE_0 + int(7.0 * uniform(key, day, 720 + i)),
                GP,
                0.0,
            )
