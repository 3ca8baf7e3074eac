"""The leak theorem: adding, changing or deleting any value not visible as of t never changes a row of t."""

import random
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from look import GRACE, differences, kernel_rows
from strategies import Case, Rows, cases, in_memory, micros, moment

from features.asof import DAY, instant
from features.build import panel_of, prepare
from features.contract import LATER, RECORDED
from features.history import History
from features.subgroups import GROUPS, subgroups

BEGINS = {name: pairs[0][0] for name, pairs in RECORDED.items() if name != "residents"}
OTHER_VALUES = {"code": "fall", "value": 9.0, "funding": "nhs", "admission_method": "21", "kind": "local", "sex": "F"}
OTHER_LATER = {
    "discharge_recorded_at": {"discharged_at": DAY, "discharge_destination": "home"},
    "coded_at": {"primary_diagnosis": "J189", "secondary_diagnoses": "W19"},
    "moved_out_recorded_at": {"moved_out": DAY},
}


class Unseen:
    """Changes, at random, whatever is not visible as of t."""

    def __init__(self, as_of: date, seed: int) -> None:
        self.t, self.random = instant(as_of), random.Random(seed)
        self.known = self.t + GRACE

    def hidden(self, when) -> bool:
        return when is not None and micros(when) >= self.known

    def later(self):
        return moment(self.known + self.random.choice((0, 1, DAY, 400 * DAY)))

    def history(self, rows: Rows) -> History:
        changed = {name: self.table(name, given) if name in BEGINS else given for name, given in rows.items()}
        return in_memory(changed | {"residents": [self.death(row) for row in rows["residents"]]})

    def table(self, name: str, rows: list[dict]) -> list[dict]:
        kept = [self.row(name, row, rows) for row in rows]
        added = [row | self.other(row) | {"recorded_at": self.later()} for row in rows if self.random.random() < 0.4]
        return [row for row in [*kept, *added] if row is not None]

    def row(self, name: str, row: dict, rows: list[dict]) -> dict | None:
        if self.hidden(row["recorded_at"]):
            return self.random.choice((None, row | self.other(row), row | {"retracted": True}, row))
        if micros(row[BEGINS[name]]) >= self.t and self.alone(name, row, rows):
            return self.random.choice((None, row | self.other(row), row))
        for told, columns in LATER.get(name, {}).items():
            if self.hidden(row[told]) and self.random.random() < 0.7:
                row = row | self.random.choice((self.gone(told, columns), self.otherwise(told, row)))
            elif row[columns[0]] is not None and self.random.random() < 0.5:
                row = self.still_to_come(row, columns[0])
            elif row[told] is None and self.random.random() < 0.3:
                row = row | self.otherwise(told, row)
        return row

    def alone(self, name: str, row: dict, rows: list[dict]) -> bool:
        """Whether the row is certainly the only version of its record: a correction may move a record past t."""
        if row["record_id"] is None and name not in ("stays", "spells"):
            return True
        key = "spell_id" if name == "spells" else "resident_id"
        return sum(other[key] == row[key] for other in rows) == 1 and row["record_id"] is None

    def other(self, row: dict) -> dict:
        """Another content for a row that is not visible; who and when stay as they are."""
        return {name: value for name, value in OTHER_VALUES.items() if name in row and self.random.random() < 0.6}

    def gone(self, told: str, columns: tuple[str, ...]) -> dict:
        return dict.fromkeys((told, *columns))

    def otherwise(self, told: str, row: dict) -> dict:
        begin = row["moved_in"] if "moved_in" in row else row["admitted_at"]
        values = {
            name: moment(micros(begin) + value) if isinstance(value, int) else value
            for name, value in OTHER_LATER[told].items()
        }
        return values | {told: self.later()}

    def still_to_come(self, row: dict, column: str) -> dict:
        """An end that is told but lies at or after t is not visible either."""
        to_come = column in ("discharged_at", "moved_out") and micros(row[column]) >= self.t
        return row | {column: moment(self.t + self.random.choice((0, DAY, 9 * DAY)))} if to_come else row

    def death(self, row: dict) -> dict:
        seen = (
            row["died_on"] is not None and micros(row["died_on"]) < self.t and not self.hidden(row["died_recorded_at"])
        )
        if seen or self.random.random() < 0.3:
            return row
        died = self.random.choice((None, moment(self.t - 3 * DAY)))
        return row | {"died_on": died, "died_recorded_at": died and self.later()}


@given(case=cases(), seed=st.integers(0, 2**32))
def test_what_is_not_visible_never_changes_a_row(case: Case, seed: int):
    for as_of in case.as_ofs:
        changed = Unseen(as_of, seed).history(case.rows)
        assert differences(kernel_rows(case.history, (as_of,)), kernel_rows(changed, (as_of,))) == []


@settings(max_examples=20)
@given(case=cases(), seed=st.integers(0, 2**32))
def test_what_is_not_visible_never_changes_the_groups_of_a_row(case: Case, seed: int):
    for as_of in case.as_ofs:
        changed = Unseen(as_of, seed).history(case.rows)
        assert groups_of(case.history, as_of) == groups_of(changed, as_of)


def groups_of(history: History, as_of: date) -> dict[str, dict[str, str]]:
    """The groups of each resident on the panel; every one of them is among those a dimension names."""
    prepared = prepare(history)
    panel = panel_of(prepared, (as_of,), grace=GRACE)
    found = subgroups(prepared, panel).to_pylist()
    assert all(group in GROUPS[name] for row in found for name, group in row.items())
    residents = panel.residents.to_pylist()
    return {residents[entity]: row for entity, row in zip(panel.entity, found, strict=True)}


@given(case=cases())
def test_everything_visible_may_be_told_again_without_the_rest(case: Case):
    """Cutting off what was recorded after t + grace leaves the rows of t as they are."""
    for as_of in case.as_ofs:
        unseen = Unseen(as_of, 0)
        kept = {
            name: [r for r in rows if name not in BEGINS or not unseen.hidden(r["recorded_at"])]
            for name, rows in case.rows.items()
        }
        assert differences(kernel_rows(case.history, (as_of,)), kernel_rows(in_memory(kept), (as_of,))) == []


@given(case=cases(), seed=st.integers(0, 2**32))
def test_the_changes_are_changes(case: Case, seed: int):
    """The theorem holds of no change at all: so a late fall must be among what is changed, and be seen in the end."""
    as_of, person = case.as_ofs[-1], case.rows["residents"][0]["resident_id"]
    late = moment(instant(as_of) + GRACE)
    fall = {"resident_id": person, "time": moment(instant(as_of) - DAY), "code": "fall", "recorded_at": late}
    rows = case.rows | {"events": [fall | {"record_id": None, "retracted": None, "value": None}]}
    changed = {tuple(Unseen(as_of, seed + k).history(rows)["events"]["value"].to_pylist()) for k in range(20)}
    assert len(changed) > 2
