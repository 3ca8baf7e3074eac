"""Many writers at once lose nothing, and a writer that is killed loses nothing that it was told is saved."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from made_room import NOW, filled
from sqlalchemy import func, select, text

from serving.store import decisions, trail
from serving.store.clinical import ActionRow
from serving.store.database import open_store
from serving.store.tables import TrailRow


def test_many_who_write_at_once_lose_nothing(store, people):
    def write(i):
        viewer = people["patel" if i % 2 else "lead"]
        with store.transaction() as session:
            return decisions.save(session, viewer, filled(f"form-{i}", based_on=None), NOW)

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(write, range(32)))
    with store.reading() as session:
        kept = decisions.history(session, people["patel"], "R1")
        assert {one.id for one in kept} == {one.decision.id for one in saved}
        assert len(kept) == 32
        assert trail.verify(session) is None
    # Nobody had seen anybody's: each is told exactly of those saved before.
    for one in saved:
        assert {other.id for other in one.unseen} == {other.id for other in kept if other.id < one.decision.id}


def _save_for_ever(url, viewer, told):
    """Save one after another, and tell each only once it is committed."""
    store = open_store(url)
    for i in range(100_000):
        with store.transaction() as session:
            saved = decisions.save(session, viewer, filled(f"form-{i}"), NOW)
        os.write(told, f"{saved.decision.id}\n".encode())


def test_a_kill_in_mid_save_loses_nothing_that_was_acknowledged(url, store, people):
    store.engine.dispose()
    for _ in range(3):
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reads)
                _save_for_ever(url, people["patel"], writes)
            finally:
                os._exit(1)
        os.close(writes)
        with os.fdopen(reads) as stream:
            acknowledged = [int(stream.readline()) for _ in range(4)]
            os.kill(child, signal.SIGKILL)
            assert os.waitpid(child, 0)[1] == signal.SIGKILL
            acknowledged += [int(line) for line in stream]
        _nothing_is_lost(open_store(url), people, acknowledged)


def _nothing_is_lost(store, people, acknowledged):
    with store.transaction() as session:
        kept = decisions.history(session, people["patel"], "R1")
        assert set(acknowledged) <= {one.id for one in kept}
        assert {len(one.actions) for one in kept} == {2}
        assert session.scalar(select(func.count()).select_from(ActionRow)) == 2 * len(kept)
        lines = select(func.count()).select_from(TrailRow).where(TrailRow.action == "decided")
        assert session.scalar(lines) == len(kept)
        assert trail.verify(session) is None
        if store.engine.dialect.name == "sqlite":
            assert session.scalar(text("pragma integrity_check")) == "ok"
    store.close()
