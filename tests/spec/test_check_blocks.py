"""The check of a history in blocks: records that several blocks have, files that are gone, rows out of place."""

import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from histories import HOME, RESIDENT, STAY, write_history

from features import check_across
from features.check import check, inspect
from features.check_parts import every_rule
from features.contract import TABLES
from features.history import read_table
from features.store.appending import append
from features.store.blocks import block_of
from features.store.layout import LAYOUT, read_layout, write_layout
from features.store.making import make_store
from features.store.reading import newest

PEOPLE = [f"r{i}" for i in range(30)]


def event(who, **more):
    return {"resident_id": who, "time": "2025-06-02T10:00Z", "code": "fall", "recorded_at": "2025-06-02T11:00Z"} | more


def stored(tmp_path, **tables):
    given = {
        "residents": [RESIDENT | {"resident_id": who} for who in PEOPLE],
        "stays": [STAY | {"resident_id": who} for who in PEOPLE],
    }
    root = tmp_path / "store"
    make_store(write_history(tmp_path / "plain", **(given | tables)), root, people=10)
    return root


def at_once(root):
    read = {name: read_table(root, table) for name, table in TABLES.items()}
    return inspect({name: table for name, (table, _) in read.items()}, [p for _, some in read.values() for p in some])


def problems(report):
    return {(p.table, p.column, p.rule): p.rows for p in report.problems}


def test_no_two_rules_have_one_name():
    names = [rule.name for rule in every_rule()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("compared", [1 << 20, 0], ids=["compared", "believed"])
def test_records_of_several_blocks_are_told_once_each(tmp_path, monkeypatch, compared):
    monkeypatch.setattr(check_across, "_COMPARED", compared)
    rows = [event(who, source="gp", record_id=str(i // 3)) for i, who in enumerate(PEOPLE)]
    rows += [event("r0", source="gp", record_id="own"), event("r0", source="gp", record_id="own", value=1)]
    rows += [event("r1", source="care_record", record_id="0"), event("r2", source=None, record_id="0")]
    spells = [
        {"spell_id": "s", "resident_id": who, "admitted_at": "2025-06-03", "admission_method": "21"}
        for who in PEOPLE[:4]
    ]
    root = stored(tmp_path, events=rows, spells=spells)
    report = check(root)
    assert report == at_once(root)
    assert problems(report)["events", "record_id", "record under two residents"] == 30
    assert problems(report)["spells", "spell_id", "spell_id under two residents"] == 4


def test_a_record_that_moved_to_a_resident_of_another_block_has_one_owner(tmp_path):
    said, later = {"source": "gp", "record_id": "7"}, {"recorded_at": "2025-06-05T09:00Z"}
    moved = [event(PEOPLE[0], **said), event(PEOPLE[0], **said, retracted=True, **later)]
    root = stored(tmp_path, events=[*moved, *(event(who, **said | later) for who in PEOPLE[1:2])])
    assert not check(root).errors
    back = event(PEOPLE[0], **said | {"recorded_at": "2025-06-07T09:00Z"})
    append(root, write_only(tmp_path / "new", events=[back]))
    report = check(root)
    assert report == at_once(root)
    assert problems(report)["events", "record_id", "record under two residents"] == 2


def write_only(folder, **tables):
    write_history(folder, **tables)
    for path in folder.iterdir():
        if path.stem not in tables:
            path.unlink()
    return folder


def test_marks_that_agree_by_chance_are_no_record_of_two(tmp_path, monkeypatch):
    def one_mark(table, names):
        return np.full(table.num_rows, 7, np.uint64)

    monkeypatch.setattr("features.check_owners.hash_rows", one_mark)
    monkeypatch.setattr("features.check_across.hash_rows", one_mark)
    root = stored(tmp_path, events=[event(who, record_id=who) for who in PEOPLE])
    assert not check(root).errors


def test_a_file_that_is_gone_leaves_its_table_out(tmp_path):
    root = stored(tmp_path, events=[event(who) for who in PEOPLE])
    (root / "events/block-0001.parquet").unlink()
    report = check(root)
    assert [(p.table, p.rule) for p in report.errors] == [("events", "cannot be read")]
    assert "block-0001" in report.errors[0].hint
    assert report.rows["stays"] == len(PEOPLE)
    assert report.errors == at_once(root).errors
    assert any(p.rule == "rules not checked" and p.table == "events" for p in report.warnings)


def test_a_layout_that_cannot_be_used_is_told(tmp_path):
    root = stored(tmp_path)
    (root / LAYOUT).write_text("{}")
    assert "blocks.json" in str(check(root).errors[0])


def test_a_row_in_the_block_of_another_resident_is_an_error(tmp_path):
    root = stored(tmp_path, events=[event(who) for who in PEOPLE])
    layout = read_layout(root)
    block = (int(block_of(pa.array(["r0"]), 3)[0]) + 1) % 3
    (part,) = layout.tables["events"][block]
    table = pq.read_table(root / part.file)
    moved = table.slice(0, 1).set_column(0, "resident_id", pa.array(["r0"]))
    pq.write_table(pa.concat_tables([table, moved]), root / part.file)
    data = (root / part.file).read_bytes()
    parts = list(layout.tables["events"])
    parts[block] = (replace(part, rows=len(table) + 1, bytes=len(data), sha256=sha256(data).hexdigest()),)
    write_layout(root, replace(layout, tables={**layout.tables, "events": tuple(parts)}))
    told = problems(check(root))
    assert told["events", "resident_id", "in another block than its id says"] == 1


def test_the_end_of_a_file_is_told_by_its_statistics_or_else_its_rows(tmp_path):
    root = stored(tmp_path, events=[event("r0", recorded_at=None), event("r0", time="2025-06-04T10:00Z")])
    (part,) = read_layout(root).tables["events"][int(block_of(pa.array(["r0"]), 3)[0])]
    told = newest(root, part, ["time", "recorded_at"])
    assert [told["time"][:2], told["recorded_at"][:2]] == [(2, 0), (2, 1)]
    pq.write_table(pq.read_table(root / part.file), root / part.file, write_statistics=False)
    assert newest(root, part, ["time", "recorded_at"]) == told


def test_the_report_names_the_sources_that_any_block_holds(tmp_path):
    rows = [event("r0", source="gp"), event("r1", source="urgent_care"), event("r2")]
    report = check(stored(tmp_path, homes=[HOME], events=rows))
    assert report.sources == {"home", "gp", "urgent_care", "care_record"}
    assert json.loads(json.dumps(report.as_dict()))["sources"] == ["care_record", "gp", "home", "urgent_care"]
