"""Outcome definitions in examples: which admissions each one takes, and the traps in their codes."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.codelists import definition, definitions
from features.codelists.rows import HERE, normalise
from features.codelists.rules import Coding, split

EMERGENCY = ("21", "22", "23", "24", "25", "28", "2A", "2C", "2D")


def category(name, primary, secondary="", procedures="", *, method="21", age=85):
    """The category of one admission."""
    return definition(name).classify([primary], [secondary], [procedures], [method], [age])[0]


IAU = {
    "J209": "acute LRTIs",
    "J22X": "acute LRTIs",
    "J440": "chronic LRTIs",
    "J40": "chronic LRTIs",
    "L892": "pressure sores",
    "E119": "diabetes",
    "E14": "diabetes",
    "R630": "food and drink issues",
    "R638": "food and drink issues",
    "J69": "food and liquid pneumonitis",
    "J690": "food and liquid pneumonitis",
    "j69.8": "food and liquid pneumonitis",
    "S723": "fractures and sprains",
    "S72.0": "fractures and sprains",
    "S02": "fractures and sprains",
    # S18 is amputation at the neck: odd, and in the published list.
    "S182": "fractures and sprains",
    "S934": "fractures and sprains",
    "S982": "fractures and sprains",
    "T08X": "fractures and sprains",
    "T12X": "fractures and sprains",
    "A09X": "intestinal infections",
    "A020": "intestinal infections",
    "J12": "pneumonia",
    "J189": "pneumonia",
    "N390": "uti",
    " n39.0 ": "uti",
}
NOT_IAU = {
    "J60": "J69* as a regular expression takes J6 and any number of nines",
    "J680": "as above",
    "J6": "shorter than the code",
    "S|2": "a bar inside brackets is a bar",
    "S0|": "as above",
    "S2": "shorter than the code",
    "S700": "a bruise",
    "XS72": "the codes are anchored",
    "Z720": "as above",
    "R635": "abnormal weight gain",
    "R637": "no such code in the list",
    "R63": "three characters name no member",
    "N39": "a misprint of the list of 2013",
    "N393": "stress incontinence",
    "E86X": "dehydration is not in the list",
    "E15": "not diabetes",
    "L031": "cellulitis is not in the list",
    "I500": "heart failure is not in the list",
    "K590": "constipation is not in the list",
    "F059": "delirium is not in the list",
    "G409": "epilepsy is not in the list",
    "T830": "catheter problems are not in the list",
    "T01": "open wounds",
    "A010": "typhoid",
    "J11": "influenza is not in the list",
    "J47": "bronchiectasis is not in the list",
}


@pytest.mark.parametrize(("code", "expected"), IAU.items())
def test_iau_2019_takes(code, expected):
    assert category("iau_2019", code) == expected


@pytest.mark.parametrize("code", NOT_IAU, ids=lambda code: f"{code} ({NOT_IAU[code]})")
def test_iau_2019_leaves(code):
    assert category("iau_2019", code) is None


def test_iau_2019_looks_at_the_primary_diagnosis_only():
    assert category("iau_2019", "I500", "J189;N390") is None
    assert category("iau_2019", "J189", "D571", "K401") == "pneumonia"


def test_the_default_has_the_ten_published_categories_and_needs_coding():
    default = definition(definitions()[0])
    assert default.definition_id == "iau_2019"
    assert len(default.categories) == 10
    assert default.needs_coding
    assert not default.needs_age


CASES = [
    ("nhsof_2_3_i", "J459", "", "", "asthma"),
    ("nhsof_2_3_i", "J46X", "", "", "asthma"),
    ("nhsof_2_3_i", "J209", "", "", None),
    ("nhsof_2_3_i", "J209", "I10X;J44.9", "", "COPD"),
    ("nhsof_2_3_i", "J209", "J459", "", None),
    ("nhsof_2_3_i", "J40X", "", "", None),
    ("nhsof_2_3_i", "B181", "", "", "chronic hepatitis B"),
    ("nhsof_2_3_i", "B181", "E119;D571", "", None),
    ("nhsof_2_3_i", "I500", "", "", "heart failure"),
    ("nhsof_2_3_i", "I500", "", "K401", None),
    ("nhsof_2_3_i", "I500", "", "X292;k73.1", None),
    ("nhsof_2_3_i", "I500", "", "K631", "heart failure"),
    ("nhsof_2_3_i", "I209", "", "K401", None),
    ("nhsof_2_3_i", "I209", "", "U201", "angina"),
    ("nhsof_2_3_i", "I259", "", "X501", None),
    ("nhsof_2_3_i", "I259", "", "X601", "angina"),
    ("nhsof_2_3_i", "D500", "", "", None),
    ("nhsof_2_3_i", "F03X", "", "", "dementia"),
    ("nhsof_2_3_i", "F059", "", "", None),
    ("nhsof_2_3_i", "N390", "", "", None),
    ("nhp_acsc_19", "E86X", "", "", "dehydration and gastroenteritis"),
    ("nhp_acsc_19", "L031", "", "", "cellulitis"),
    ("nhp_acsc_19", "L031", "", "S571", "cellulitis"),
    ("nhp_acsc_19", "L031", "", "S411", None),
    ("nhp_acsc_19", "L031", "", "S571;A101", None),
    ("nhp_acsc_19", "L031", "E115", "A101", "diabetes complications"),
    ("nhp_acsc_19", "I209", "", "K401", None),
    ("nhp_acsc_19", "I209", "", "U201;K401", "angina"),
    ("nhp_acsc_19", "K253", "", "", None),
    ("nhp_acsc_19", "K254", "", "", "perforated or bleeding ulcer"),
    ("nhp_acsc_19", "E119", "", "", None),
    ("nhp_acsc_19", "S720", "E105", "", "diabetes complications"),
    ("nhp_acsc_19", "I739", "R02X", "", "gangrene"),
    ("nhp_acsc_19", "A419", "J181", "", "influenza and pneumonia"),
    ("nhp_acsc_19", "A419", "J181;D570", "", None),
    ("nhp_acsc_19", "J189", "", "", None),
    ("nhp_acsc_19", "J441", "J181", "", "COPD"),
    ("nhp_acsc_19", "N390", "", "", None),
    ("nhp_acsc_19", "N136", "", "", "pyelonephritis"),
    ("urgent_care_sensitive", "T830", "", "", "blocked catheter or tube"),
    ("urgent_care_sensitive", "T831", "", "", None),
    ("urgent_care_sensitive", "E160", "", "", None),
    ("urgent_care_sensitive", "E162", "", "", "hypoglycaemia"),
    ("urgent_care_sensitive", "F059", "", "", "acute mental health crisis"),
    ("urgent_care_sensitive", "S720", "W010", "", "falls"),
    ("urgent_care_sensitive", "S720", "X599", "", None),
    ("urgent_care_sensitive", "S720", "W200", "", None),
    ("urgent_care_sensitive", "S001", "W010", "", "minor head injury"),
    ("urgent_care_sensitive", "R502", "", "", None),
    ("ld_sensitive", "G409", "", "", "epilepsy and convulsions"),
    ("ld_sensitive", "R568", "", "", "epilepsy and convulsions"),
    ("ld_sensitive", "K590", "", "", "constipation"),
    ("ld_sensitive", "K564", "", "", "constipation"),
    ("ld_sensitive", "K565", "", "", None),
    ("ld_sensitive", "J690", "", "", "aspiration"),
    ("ld_sensitive", "E86", "", "", "dehydration"),
    ("ld_sensitive", "K219", "", "", "reflux"),
    ("ld_sensitive", "S720", "", "", None),
    ("falls", "S720", "W190", "", "injury after a fall"),
    ("falls", "T10X", "E119;W01", "", "injury after a fall"),
    ("falls", "S720", "", "", "fracture without a stated cause"),
    ("falls", "S720", "V031", "", None),
    ("falls", "S725", "", "", None),
    ("falls", "A419", "M800", "", "fracture without a stated cause"),
    ("falls", "A419", "M806", "", None),
    ("falls", "R296", "", "", "tendency to fall"),
    ("falls", "A419", "R296;W190", "", None),
    ("all_emergency", "Z000", "", "", "any emergency"),
    ("all_emergency", None, None, None, "any emergency"),
]


@pytest.mark.parametrize(("name", "primary", "secondary", "procedures", "expected"), CASES)
def test_definitions_by_example(name, primary, secondary, procedures, expected):
    assert category(name, primary, secondary, procedures) == expected


@pytest.mark.parametrize("name", definitions())
def test_every_definition_takes_its_own_codes_and_every_category_can_occur(name):
    found = definition(name)
    for rule in found.rules:
        for code in rule.pattern:
            where = ("A419", code) if rule.position == "any" else (code, "")
            secondary = ";".join(filter(None, [where[1], *rule.with_secondary[:1]]))
            age = 3 if rule.max_age else 85
            assert category(name, where[0], secondary, age=age) == rule.category, code


@pytest.mark.parametrize("name", definitions())
def test_only_new_emergency_admissions_count(name):
    first = definition(name).rules[0]
    primary, secondary = first.pattern[0], ";".join(first.with_secondary[:1])
    for method in EMERGENCY:
        assert category(name, primary, secondary, method=method) == first.category
    assert category(name, primary, secondary, method="2a") == first.category
    for method in ("2B", "2b", "11", "12", "13", "31", "81", "2", "", None):
        assert category(name, primary, secondary, method=method) is None, method


@pytest.mark.parametrize("name", definitions())
@pytest.mark.parametrize("primary", [None, "", " ", "-"])
def test_an_uncoded_admission_is_in_no_list_but_all_emergency(name, primary):
    # The secondary codes would meet the rules of any position: without a primary one they wait for coding.
    expected = None if definition(name).needs_coding else "any emergency"
    assert category(name, primary, "J181;M800;W190;R02X") == expected
    assert definition(name).needs_coding == (name != "all_emergency")


def test_limits_of_age():
    assert category("falls", "R296", age=65) == "tendency to fall"
    assert category("falls", "R296", age=64) is None
    assert category("falls", "R296", age=64.99) is None
    assert category("falls", "R296", age=None) is None
    assert category("urgent_care_sensitive", "S720", "W010", age=75) == "falls"
    assert category("urgent_care_sensitive", "S720", "W010", age=74) is None
    assert category("urgent_care_sensitive", "R502", age=5) == "feverish child"
    assert category("urgent_care_sensitive", "N390", age=None) == "urinary tract infection"


def test_without_ages_every_resident_counts_as_old():
    assert category("falls", "R296", age=None) is None
    for name, primary, expected in (
        ("falls", "R296", "tendency to fall"),
        ("urgent_care_sensitive", "R502", None),
        ("iau_2019", "N390", "uti"),
    ):
        assert definition(name).classify([primary], [""], [""], ["21"]).tolist() == [expected]
    assert [name for name in definitions() if definition(name).needs_age] == [
        "urgent_care_sensitive",
        "falls",
    ]


def test_columns_may_be_arrow_numpy_or_pandas():
    primary = ["J69.0", None, "j189", "N39"]
    blank, method = [None] * 4, ["21", "21", "2A", "21"]
    expected = ["food and liquid pneumonitis", None, "pneumonia", None]
    for kind in (
        pa.array,
        lambda values: pa.chunked_array([values[:1], values[1:]], type=pa.string()),
        lambda values: pa.array(values, pa.string()).dictionary_encode(),
        lambda values: np.array(values, dtype=object),
        pd.Series,
    ):
        found = definition("iau_2019").classify(*map(kind, (primary, blank, blank, method)))
        assert found.dtype == object
        assert found.tolist() == expected


def test_no_spells_give_no_categories_and_unequal_columns_are_refused():
    assert definition("falls").classify([], [], [], [], []).tolist() == []
    with pytest.raises(ValueError, match="different lengths"):
        definition("iau_2019").classify(["J690"], [], [""], ["21"])


def test_an_unknown_definition_names_the_nearest_and_all():
    with pytest.raises(ValueError, match=r"'iau2019' \(nearest: 'iau_2019'\); known: iau_2019, nhsof_2_3_i"):
        definition("iau2019")


def test_every_list_has_a_header_and_every_rule_a_source():
    folder = HERE / "outcomes"
    assert {path.stem for path in folder.glob("*.csv")} - {"definitions"} == set(definitions())
    for name in definitions():
        found = definition(name)
        assert found.version
        assert found.source
        assert found.methods == EMERGENCY
        for rule in found.rules:
            assert rule.category
            assert rule.pattern
            assert rule.source
            assert rule.position in {"primary", "any"}
            assert rule.procedure_position in ({"any", "first"} if rule.without_procedure else {""})
            prefixes = (*rule.pattern, *rule.with_secondary, *rule.without_any, *rule.without_procedure)
            assert all(code.isalnum() and code.isupper() for code in prefixes if code), rule


def test_the_learning_disability_list_asks_for_clinical_review():
    assert "must be reviewed clinically" in definition("ld_sensitive").note


CODES = st.sampled_from(["", "J690", "j20.9", "J449", "I500", "S720", "W190", "D571", "E105", "R02", "Z74"])
SPELLS = st.lists(
    st.tuples(
        CODES,
        st.lists(CODES, max_size=3).map(";".join),
        st.sampled_from(["", "K401", "U201;K401"]),
        st.sampled_from(["21", "2B", "11"]),
        st.one_of(st.none(), st.integers(20, 100)),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(spells=SPELLS, name=st.sampled_from(definitions()), data=st.data())
def test_each_spell_is_classified_alone_whatever_stands_around_it(spells, name, data):
    found = definition(name)
    whole = found.classify(*zip(*spells, strict=True))
    order = data.draw(st.permutations(range(len(spells))))
    permuted = found.classify(*zip(*(spells[i] for i in order), strict=True))
    alone = [found.classify(*([value] for value in spell))[0] for spell in spells]
    assert permuted.tolist() == whole[order].tolist()
    assert whole.tolist() == alone
    for (primary, secondary, procedures, method, age), answer in zip(spells, whole, strict=True):
        coding = Coding(normalise(primary), split(secondary), split(procedures), age)
        assert answer == (found.category(coding) if method == "21" else None)
