"""A history in blocks: how it lies on disk, what cannot be used unnoticed, how records join it."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from histories import HOME, RESIDENT, STAY, write_history

from features.asof import DAY
from features.contract import PSEUDONYMOUS, TABLES
from features.history import digest, open_history
from features.problems import HeldBack, HistoryError, UsageError
from features.store import appending, growing
from features.store.appending import append
from features.store.batches import read_batches, write_batches
from features.store.blocks import block_of
from features.store.layout import BLOCKED, LAYOUT
from features.store.making import blocks_if_large, into_blocks, make_store
from features.store.opening import layout_of, open_block, open_shared, table_of
from features.visibility import known, micros

PEOPLE = [f"r{i}" for i in range(40)]


def event(who, code="fall", **more):
    return {"resident_id": who, "time": "2025-06-02T10:00Z", "code": code, "recorded_at": "2025-06-02T11:00Z"} | more


def plain(root, **tables):
    given = {
        "homes": [HOME],
        "residents": [RESIDENT | {"resident_id": who} for who in PEOPLE],
        "stays": [STAY | {"resident_id": who} for who in PEOPLE],
        "events": [event(who, value=i) for i, who in enumerate(PEOPLE)],
        "spells": [
            {"spell_id": f"s{who}", "resident_id": who, "admitted_at": "2025-06-03", "admission_method": "21"}
            for who in PEOPLE
        ],
        "objections": [{"resident_id": "r1", "kind": "type_1", "from": "2025-01-01"}],
    }
    return write_history(root, **(given | tables))


@pytest.fixture
def store(tmp_path):
    root = tmp_path / "store"
    make_store(plain(tmp_path / "plain"), root, people=10)
    return root


def rows(table):
    return sorted(map(str, table.to_pylist()))


def test_a_block_is_told_by_the_hash_that_the_page_describes(store):
    def block(resident_id, blocks):  # as in docs/blocks.md
        h = 14695981039346656037
        for byte in resident_id.encode():
            h = (h ^ byte) * 1099511628211 % 2**64
        return h % blocks

    layout, shared = layout_of(store), open_shared(store)
    assert layout.blocks == 4
    for k in range(4):
        history = open_block(layout, k, shared)
        for name in BLOCKED:
            held = history[name]["resident_id"].to_pylist()
            assert held == sorted(who for who in PEOPLE if block(who, 4) == k)
            assert sum(part.rows for part in layout.tables[name][k]) == len(held)
        assert set(history["objections"]["resident_id"].to_pylist()) <= set(
            history["residents"]["resident_id"].to_pylist()
        )
    assert sum(open_block(layout, k, shared)["objections"].num_rows for k in range(4)) == 1


def test_the_block_of_every_script_is_that_of_its_bytes():
    def block(text):
        h = 14695981039346656037
        for byte in text.encode():
            h = (h ^ byte) * 1099511628211 % 2**64
        return h % 7

    ids = ["", "a", "ß", "日本", "r" * 300]
    for kind in (pa.string(), pa.large_string()):
        assert block_of(pa.array(ids, kind), 7).tolist() == [block(i) for i in ids]
    assert block_of(pa.chunked_array([pa.array(ids[:2]), pa.array(ids[2:])]).dictionary_encode(), 7).tolist() == [
        block(i) for i in ids
    ]


def test_pandas_and_arrow_read_the_folders_as_they_stand(store, tmp_path):
    history = open_history(tmp_path / "plain")
    for name in PSEUDONYMOUS:
        path = store / name if name in BLOCKED else store / f"{name}.parquet"
        if not path.exists():
            assert name in ("home_events",)
            continue
        table = ds.dataset(path).to_table()
        assert table.schema.equals(TABLES[name].schema)
        assert table.num_rows == len(pd.read_parquet(path)) == history[name].num_rows
    assert rows(open_history(store)["events"]) == rows(history["events"])


def test_rows_are_sorted_by_resident_and_time(tmp_path):
    events = [
        event("b"),
        event("a", time="2025-06-04"),
        event("a"),
        event("a", record_id="z"),
        event("a", record_id="y"),
    ]
    make_store(plain(tmp_path / "p", events=events), tmp_path / "s", people=1000)
    table = open_history(tmp_path / "s")["events"]
    told = zip(table["resident_id"].to_pylist(), table["time"].to_pylist(), strict=True)
    assert [(who, at.day) for who, at in told] == [("a", 2), ("a", 2), ("a", 2), ("a", 3), ("b", 2)]
    assert table["record_id"].to_pylist()[:3] == ["y", "z", None]


@pytest.mark.parametrize("words", [pa.string(), pa.dictionary(pa.int32(), pa.string())])
def test_a_batch_without_rows_takes_no_room(tmp_path, words):
    rows = pa.table({"word": pa.array([f"w{i}" for i in range(10_000)]).cast(words)})
    sizes = {}
    for empty in (1, 5):
        path = tmp_path / f"{empty}.arrow"
        write_batches(path, rows, np.array([0] * empty + [10_000] * empty))
        sizes[empty] = path.stat().st_size
        assert [len(read_batches([path], k, rows.schema)) for k in range(2 * empty)] == [0] * empty + [10_000] + [0] * (
            empty - 1
        )
        assert read_batches([path], empty, rows.schema).equals(rows)
    assert sizes[5] < 1.05 * sizes[1]


def test_columns_that_nobody_asks_for_are_left_empty(store):
    layout, shared = layout_of(store), open_shared(store)
    history = open_block(layout, 0, shared, without=("value", "unit"))
    assert history["events"]["value"].null_count == history["events"].num_rows > 0
    assert history["events"].column_names == TABLES["events"].schema.names


@pytest.mark.parametrize("file", ["events/block-0001.parquet", "homes.parquet"])
def test_a_file_whose_bytes_changed_is_refused_by_name(store, file):
    data = bytearray((store / file).read_bytes())
    data[len(data) // 2] ^= 1
    (store / file).write_bytes(data)
    with pytest.raises(HistoryError, match=file) as refused:
        open_history(store)
    assert "blocks.json" in str(refused.value)


def test_the_digest_names_the_content_and_misses_no_file(store, tmp_path):
    make_store(tmp_path / "plain", tmp_path / "again", people=10)
    assert digest(tmp_path / "again") == digest(store)
    (store / "spells/block-0002.parquet").unlink()
    with pytest.raises(HistoryError, match="block-0002"):
        digest(store)
    append(tmp_path / "again", write_new(tmp_path, events=[event("r1")]))
    assert digest(tmp_path / "again") != digest(store.parent / "plain")


@pytest.mark.parametrize(
    "text", ["", "{}", '{"format": 9, "hash": "md5"}', '{"format": 1, "hash": "fnv1a-64", "blocks": 2}']
)
def test_a_layout_that_cannot_be_used_is_told(store, text):
    (store / LAYOUT).write_text(text)
    with pytest.raises(HistoryError, match=r"blocks\.json"):
        open_history(store)


def test_a_store_from_before_blocks_could_grow_is_read(store):
    """Its blocks.json names one file a block, not a list of them."""
    layout, told = layout_of(store), json.loads((store / LAYOUT).read_text(encoding="utf-8"))
    told["format"], told["tables"] = 1, {name: [part for (part,) in blocks] for name, blocks in told["tables"].items()}
    (store / LAYOUT).write_text(json.dumps(told), encoding="utf-8")
    assert layout_of(store) == layout
    append(store, store)
    assert json.loads((store / LAYOUT).read_text(encoding="utf-8"))["format"] == 2


def test_every_value_that_does_not_fit_is_told_and_nothing_is_written(tmp_path):
    events = [event("r1", time="yesterday"), event("r2", time="tomorrow")]
    spells = [{"spell_id": "s", "resident_id": "r1", "admitted_at": "June", "admission_method": "21"}]
    with pytest.raises(HistoryError) as refused:
        make_store(plain(tmp_path / "plain", events=events, spells=spells), tmp_path / "store")
    assert [(p.table, p.column, p.rows) for p in refused.value.problems] == [
        ("spells", "admitted_at", 1),
        ("events", "time", 2),
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plain"]


def test_what_is_no_table_comes_along_and_open_names_do_not(tmp_path):
    plain(tmp_path / "plain")
    for name in ("identities.sealed", "truth.parquet", "identities.csv"):
        (tmp_path / "plain" / name).write_text("x")
    make_store(tmp_path / "plain", tmp_path / "store")
    there = {p.name for p in (tmp_path / "store").iterdir() if p.is_file()}
    assert there == {"blocks.json", "homes.parquet", "objections.parquet", "identities.sealed", "truth.parquet"}


def test_csv_and_plain_files_come_into_blocks_where_they_lie(tmp_path):
    root = plain(tmp_path / "plain")
    (root / "events.parquet").unlink()
    (root / "spells.parquet").unlink()
    (root / "spells.csv").write_text("spell_id,resident_id,admitted_at,admission_method\n")
    (root / "events.csv").write_text("resident_id,time,code,value\nr1,2025-06-02T10:00Z,fall,1\n")
    before = open_history(root)
    layout = into_blocks(root, people=10)
    assert layout.blocks == 4
    assert sorted(p.name for p in root.iterdir()) == sorted(
        (*BLOCKED, "blocks.json", "homes.parquet", "objections.parquet")
    )
    assert all(rows(open_history(root)[name]) == rows(before[name]) for name in PSEUDONYMOUS)


def test_a_store_may_be_given_other_blocks(store, tmp_path):
    assert make_store(store, tmp_path / "other", people=20).blocks == 2
    assert rows(open_history(tmp_path / "other")["spells"]) == rows(open_history(store)["spells"])


# records that come later ---------------------------------------------------------------------------------


def write_new(tmp_path, **tables):
    """A folder with the given tables alone."""
    folder = write_history(tmp_path / "new", **tables)
    for path in list(folder.iterdir()):
        if path.stem not in tables:
            path.unlink()
    return folder


def files(root):
    return {str(p.relative_to(root)): p.stat().st_mtime_ns for p in root.rglob("*.parquet")}


def test_new_records_lie_beside_their_block_until_they_are_many(tmp_path):
    many = [event("r1", time=f"2025-06-02T10:{i:02}Z", value=i) for i in range(16)]
    make_store(plain(tmp_path / "plain", events=many), tmp_path / "store", people=1000)
    told = []
    for value in (16, 17, 18):
        late = event("r1", time=f"2025-06-02T09:{value}Z", value=value)
        append(tmp_path / "store", write_new(tmp_path, events=[late]))
        told.append([(part.file, part.rows) for part in layout_of(tmp_path / "store").files("events")])
        assert table_of(layout_of(tmp_path / "store"), 0, "events", tmp_path / "store").num_rows == value + 1
    base = ("events/block-0000.parquet", 16)
    assert told == [
        [base, ("events/block-0000.v2.parquet", 1)],
        [base, ("events/block-0000.v3.parquet", 2)],
        [("events/block-0000.v4.parquet", 19)],
    ]
    assert open_history(tmp_path / "store")["events"]["value"].to_pylist() == [16, 17, 18, *range(16)]


def test_no_file_is_touched_but_those_of_blocks_with_new_records(store, tmp_path):
    before = files(store)
    done = append(store, write_new(tmp_path, events=[event("r1", "news2", value=7)]))
    (k,) = block_of(pa.array(["r1"]), 4)
    after, file = files(store), f"events/block-{k:04d}.v2.parquet"
    assert after == before | {file: after[file]}
    assert (dict(done.rows), done.touched, done.blocks) == ({"events": 1}, 1, 4)


def test_a_record_that_moves_to_another_resident_counts_where_it_is_known_to_belong(tmp_path):
    said = event("r1", record_id="e1", source="gp")
    make_store(plain(tmp_path / "plain", events=[said]), tmp_path / "store", people=10)
    corrected = {"recorded_at": "2025-06-05T09:00Z"}
    append(
        tmp_path / "store",
        write_new(tmp_path, events=[said | corrected | {"retracted": True}, said | corrected | {"resident_id": "r2"}]),
    )
    layout, shared = layout_of(tmp_path / "store"), open_shared(tmp_path / "store")
    blocks = [open_block(layout, k, shared)["events"] for k in range(layout.blocks)]
    assert sorted(len(block) for block in blocks)[-2:] == [1, 2]  # the two residents are in different blocks

    def believed(day):
        t = micros(
            open_history(write_history(tmp_path / f"d{day}", events=[event("r1", time=f"2025-06-0{day}")]))["events"][
                "time"
            ]
        )[0]
        return [
            who
            for block in blocks
            for who, counts in zip(block["resident_id"].to_pylist(), known(block).at(int(t), DAY // 4), strict=True)
            if counts
        ]

    assert believed(4) == ["r1"]
    assert believed(6) == ["r2"]


def test_new_residents_and_homes_and_a_death_that_is_now_known(store, tmp_path):
    new = write_new(
        tmp_path,
        homes=[HOME | {"home_id": "h2"}, HOME | {"beds": 31}],
        residents=[RESIDENT | {"resident_id": "new"}, RESIDENT | {"resident_id": "r1", "died_on": "2025-07-01"}],
    )
    append(store, new)
    history = open_history(store)
    assert history["homes"].select(["home_id", "beds"]).to_pylist() == [
        {"home_id": "h1", "beds": 31},
        {"home_id": "h2", "beds": 30},
    ]
    died = {row["resident_id"]: row["died_on"] for row in history["residents"].to_pylist()}
    assert len(died) == 41
    assert [who for who, on in died.items() if on] == ["r1"]
    assert {p.name for p in store.iterdir() if p.suffix == ".parquet"} == {"homes.v2.parquet", "objections.parquet"}


def test_records_that_do_not_fit_are_refused_and_leave_nothing(store, tmp_path):
    before = files(store)
    with pytest.raises(HistoryError, match="not a time"):
        append(store, write_new(tmp_path, events=[event("r1"), event("r2", time="soon")]))
    assert files(store) == before
    assert not list(store.glob(".*"))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UsageError, match="no table"):
        append(store, tmp_path / "nothing")
    with pytest.raises(UsageError, match="homeround blocks"):
        append(tmp_path / "plain", tmp_path / "new")


def test_a_table_without_rows_adds_nothing(store, tmp_path):
    before = files(store)
    assert dict(append(store, write_new(tmp_path, events=[], home_events=[])).rows) == {"events": 0, "home_events": 0}
    assert files(store) == before
    assert open_history(store)["home_events"].num_rows == 0


def test_one_process_adds_at_a_time(store, tmp_path):
    new = write_new(tmp_path, events=[event("r1")])
    with appending._alone(store), pytest.raises(HeldBack, match="another process"):
        append(store, new)
    assert json.loads((store / LAYOUT).read_text())["version"] == 1


def test_a_new_history_is_in_blocks_once_it_is_large(tmp_path, monkeypatch):
    root = plain(tmp_path / "plain")
    monkeypatch.setattr(growing, "LARGE", 40)
    blocks_if_large(root, 40)
    assert not (root / LAYOUT).exists()
    blocks_if_large(root, 41)
    assert (root / LAYOUT).exists()
