"""Whatever is done to the trail by hand is found."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_room import NOW
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from serving.access import COMMAND_LINE, NotAllowed
from serving.store import trail
from serving.store.database import migrate, open_store
from serving.store.tables import TrailHeadRow, TrailRow
from serving.store.trail import Head, Line

LINES = 7
FIELDS = [name for name in Line.__slots__ if name != "seq"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """A store whose trail has a few lines; what a test does to it is taken back."""
    url = f"sqlite:///{tmp_path_factory.mktemp('trail') / 'room.db'}"
    migrate(url)
    store = open_store(url)
    with store.transaction() as session:
        for i in range(LINES):
            trail.append(session, COMMAND_LINE, "viewed", NOW, resident_id=f"R{i}", detail={"page": i})
    yield store.engine.execution_options(homeround_writes=True)
    store.close()


def found_after(engine, harm, kept=None):
    with Session(engine) as session:
        harm(session)
        said = trail.verify(session, kept)
        session.rollback()
    return said


def test_a_whole_trail_is_whole(store, people):
    before = trail.Head(0, "0" * 64)
    with store.transaction() as session:
        kept = trail.head(session)
        assert kept.seq == len(people)
        trail.append(session, people["patel"], "viewed", NOW, resident_id="R1", detail={"name": "é"})
    with store.reading() as session:
        assert trail.verify(session) is None
        assert trail.verify(session, kept) is None
        assert trail.verify(session, before) is None
        line = trail.lines(session, people["admin"], resident_id="R1")[0]
    assert (line.username, line.action, line.at, line.detail) == ("patel", "viewed", NOW, r'{"name":"\u00e9"}')


def test_only_who_may_reads_the_trail(store, people):
    with store.reading() as session:
        assert len(trail.lines(session, people["admin"], most=3)) == 3
        assert [one.seq for one in trail.lines(session, people["admin"], before=3)] == [2, 1]
        assert trail.lines(session, people["admin"], account_id=99) == ()
        for name in set(people) - {"admin"}:
            with pytest.raises(NotAllowed):
                trail.lines(session, people[name])


def test_an_empty_trail_is_whole(store):
    with store.reading() as session:
        assert trail.verify(session) is None


@given(st.integers(1, LINES), st.sampled_from(FIELDS), st.text("abcdef0123456789", min_size=1, max_size=9))
def test_a_changed_line_is_found(engine, seq, field, value):
    value = {"at": NOW.replace(microsecond=1), "account_id": 5}.get(field, value)
    harm = update(TrailRow).where(TrailRow.seq == seq).values({field: value})
    assert found_after(engine, lambda session: session.execute(harm))


@given(st.sets(st.integers(1, LINES), min_size=1))
def test_removed_lines_are_found_at_the_end_too(engine, gone):
    assert found_after(engine, lambda session: session.execute(delete(TrailRow).where(TrailRow.seq.in_(gone))))


@given(st.permutations(range(1, LINES + 1)).filter(lambda order: order != sorted(order)))
def test_reordered_lines_are_found(engine, order):
    assert found_after(engine, lambda session: _renumber(session, order))


def _renumber(session, order):
    lines = [Line(*row) for row in session.execute(select(*(getattr(TrailRow, n) for n in Line.__slots__)))]
    session.execute(delete(TrailRow))
    session.execute(insert(TrailRow), [asdict(replace(one, seq=to)) for one, to in zip(lines, order, strict=True)])


@given(st.integers(1, LINES), st.integers(1, LINES))
def test_a_chain_made_anew_is_found_by_a_head_kept_elsewhere(engine, first, noted):
    """The chain alone cannot find it: whoever changes a line and makes every digest after it anew."""
    with Session(engine) as session:
        digest = session.scalar(select(TrailRow.digest).where(TrailRow.seq == noted))

    def harm(session):
        query = select(*(getattr(TrailRow, n) for n in Line.__slots__)).where(TrailRow.seq >= first)
        previous = None
        for row in session.execute(query.order_by(TrailRow.seq)).all():
            line = Line(*row)
            line = replace(line, action="other", previous=previous or line.previous)
            line = replace(line, digest=trail._digest(line))
            session.execute(update(TrailRow).where(TrailRow.seq == line.seq).values(asdict(line)))
            previous = line.digest
        session.execute(update(TrailHeadRow).values(digest=previous))

    assert found_after(engine, harm) is None
    assert bool(found_after(engine, harm, Head(noted, digest))) == (noted >= first)
