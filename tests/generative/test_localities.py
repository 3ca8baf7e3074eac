"""A locality says of those who live there what the whole history says."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from look import GRACE, OBJECTIONS
from strategies import Case, cases
from test_blocks_of_history import written

from features.build import Prepared, features, outcomes_known, panel_of, prepare
from features.cohort import Panel
from features.evidence import Look
from features.localities.apart import Apart, Asked, kept_pieces, take_apart, taken
from features.localities.homes import localities
from features.localities.pieces import packed
from features.records import spell_of_row
from features.store.batches import unpacked_batch
from features.store.making import make_store
from features.store.opening import open_block, open_shared
from features.streams import RESIDENT_STREAMS
from features.without import Twin, without

LESS = settings().max_examples // 3  # each example writes a history


def apart_from(case: Case, folder: Path, people: int, least: float) -> tuple[Apart, list[Prepared]]:
    """The localities; every second one of what was kept on disk, and the others of what passes as bytes."""
    layout = make_store(written(folder / "plain", case.rows), folder / "blocks", people=people)
    shared = open_shared(folder / "blocks")
    homes = localities({home["home_id"]: 1.0 for home in case.rows["homes"]}, [], least)
    asked = Asked(tuple(case.as_ofs), GRACE, OBJECTIONS, outcomes=True)
    opened = partial(open_block, layout, shared=shared)
    apart = take_apart(layout.blocks, opened, shared, homes, asked, folder / "pieces", map)
    bytes_of = [
        {(at, name): data for at, name, data in packed(taken(opened(block), homes, asked)[0])}
        for block in range(layout.blocks)
    ]

    def passed(locality: int, name: str) -> list[pa.Table]:
        return [unpacked_batch(block[locality, name]) for block in bytes_of]

    pieces = [
        kept_pieces(folder / "pieces", layout.blocks, k) if k % 2 else partial(passed, k) for k in range(len(homes))
    ]
    return apart, [apart.prepared(k, one) for k, one in enumerate(pieces)]


def said(prepared: Prepared, panel: Panel) -> dict[tuple, tuple]:
    """By resident and week: home, status, features, and the same had every second record not been made."""
    ids, homes = panel.residents.to_pylist(), panel.homes.to_pylist()
    X = features(prepared, panel)
    known = panel.as_ofs[-1] + timedelta(days=60)
    labels, any_emergency = outcomes_known(
        prepared, panel, "iau_2019", horizon_days=28, delay_days=0, known_before=known
    )
    fewer = without(prepared, panel, X, [Twin(row, every_second(prepared, panel, row)) for row in range(len(panel))])
    return {
        (ids[panel.entity[row]], int(panel.week[row])): (
            homes[panel.home[row]], int(panel.status[row]), X[row].tobytes(), fewer[row].tobytes(),
            records(prepared, panel, row), int(labels.state[row]), int(any_emergency.state[row]),
        )
        for row in range(len(panel))
    }  # fmt: skip


def every_second(prepared: Prepared, panel: Panel, row: int) -> tuple[int, ...]:
    """Records of events and spells, as they come in the streams."""
    look, spells = Look(prepared, panel, row), prepared.history["spells"].num_rows
    seen = dict.fromkeys(one.row for stream in RESIDENT_STREAMS for one in look.records(stream))
    own = [at for at in seen if at >= 0 or spell_of_row(at, spells) is not None]
    return tuple(sorted(own[::2]))


def records(prepared: Prepared, panel: Panel, row: int) -> list[tuple]:
    look = Look(prepared, panel, row)
    return [(stream, one.time, repr(one.value)) for stream in RESIDENT_STREAMS for one in look.records(stream)]


@settings(max_examples=LESS)
@given(case=cases(), people=st.integers(1, 3), least=st.sampled_from([1.0, 2.0, 9.0]))
def test_localities_say_what_the_whole_says(case: Case, people: int, least: float):
    with TemporaryDirectory() as folder:
        apart, parts = apart_from(case, Path(folder), people, least)
        whole = prepare(case.history)
        panel = panel_of(whole, case.as_ofs, grace=GRACE, objections=OBJECTIONS)
        assert np.array_equal(apart.attrition, panel.attrition)
        assert all(np.array_equal(apart.newest[feed], newest) for feed, newest in panel.newest.items())
        found = [row for part in parts for row in said(part, apart.panel(part)).items()]
        assert len(dict(found)) == len(found)
        assert dict(found) == said(whole, panel)


@given(
    beds=st.dictionaries(st.text("abc", min_size=1, max_size=3), st.floats(1, 90), max_size=12),
    teams=st.lists(st.sets(st.integers(0, 11), max_size=4), max_size=5),
    least=st.floats(1, 300),
)
def test_each_home_is_in_one_locality_with_all_of_its_teams(beds, teams, least):
    names = sorted(beds)
    together = [{names[i] for i in team if i < len(names)} for team in teams]
    found = localities(beds, together, least)
    assert sorted(home for one in found for home in one) == names
    place = {home: k for k, one in enumerate(found) for home in one}
    assert all(len({place[home] for home in team}) <= 1 for team in together)
    assert all(sum(beds[home] for home in one) >= least for one in found[:-1])
