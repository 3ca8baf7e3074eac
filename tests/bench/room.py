"""`python -m tests.bench.room HISTORY PUBLISHED IDENTITY_KEY [SECONDS]`: 50 people in the review room at once.

Each reads the list of their team, opens a resident, saves a decision with two actions, and thinks in between as a quick
reader would. At the end every decision that was acknowledged must be in the store, and the trail whole.
"""

import asyncio
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import func, select

from serving.access import COMMAND_LINE, Scope
from serving.published import Lists, Week
from serving.store import accounts, sessions, trail
from serving.store.clinical import ActionRow, DecisionRow
from serving.store.database import Store, migrate, open_store
from serving.store.sessions import Lifetimes

from .measure import tell
from .site import HOMEROUND

USERS = 50
SECONDS = 60
THINKS = (2.0, 8.0)  # seconds between one page and the next
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Person:
    """Who is signed in, the list of their team, and who stands on it."""

    token: str
    csrf: str
    as_of: date
    slug: str
    digest: str
    residents: tuple[str, ...]

    @property
    def list(self) -> str:
        return f"/lists/{self.as_of}/{self.slug}"


@dataclass
class Told:
    """What the users saw: seconds by kind of request, what failed, which decisions were acknowledged."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)

    def share(self, kind: str, of: float) -> float:
        found = sorted(self.seconds.get(kind, [0.0]))
        return found[min(int(len(found) * of), len(found) - 1)]


def main(history: str, published: str, key: str, seconds: str = str(SECONDS)) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'room.db'}"
        migrate(url)
        store = open_store(url)
        week = Lists(Path(published)).latest()
        assert week is not None, "no published lists"
        slugs = [slug for slug, team in week.teams.items() if team.kind == "mdt"]
        people = [_signed_in(store, i, week, slugs[i % len(slugs)]) for i in range(USERS)]
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        env = {
            "HOMEROUND_PATHS__HISTORY": history,
            "HOMEROUND_PATHS__PUBLISHED": published,
            "HOMEROUND_PATHS__IDENTITY_KEY": key,
            "HOMEROUND_WEB__STORE": str(Path(folder) / "room.db"),
        }
        server = subprocess.Popen([HOMEROUND, "serve", "--port", str(port)], env=os.environ | env)
        try:
            told, cpu, memory = asyncio.run(_measured(server.pid, port, people, float(seconds)))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
        with store.reading() as db:
            kept = set(db.scalars(select(DecisionRow.id)))
            actions = db.scalar(select(func.count()).select_from(ActionRow))
            wrong = trail.verify(db)
    for why in told.failed[:10]:
        print(why)
    if wrong:
        print(wrong)
    requests = sum(map(len, told.seconds.values()))
    tell(
        requests=requests,
        errors=len(told.failed),
        saved=len(told.saved),
        lost=len(set(told.saved) - kept) + (2 * len(kept) - (actions or 0)) + bool(wrong),
        cpu_ms=1000 * cpu / requests,
        server_mib=memory,
        **{f"{kind}_p50_ms": 1000 * told.share(kind, 0.5) for kind in told.seconds},
        **{f"{kind}_p95_ms": 1000 * told.share(kind, 0.95) for kind in told.seconds},
    )


def _signed_in(store: Store, i: int, week: Week, slug: str) -> Person:
    """A new account and its sign-in; passwords are measured elsewhere."""
    watchlist, now = week.lists[slug], datetime.now(UTC)
    with store.transaction() as db:
        scope = Scope(teams=frozenset({watchlist.team.id}))
        made = accounts.create(db, COMMAND_LINE, f"user-{i}", f"User {i}", "mdt_lead", scope, now, subject=f"user-{i}")
        begun = sessions.start(db, made.id, now, Lifetimes())
    residents = tuple(entry.resident_id for entry in watchlist.entries)
    return Person(begun.token, begun.csrf_token, week.as_of, slug, week.digests[slug], residents)


async def _measured(pid: int, port: int, people: list[Person], seconds: float) -> tuple[Told, float, float]:
    """All at once, after the first page of the service; with the server's CPU seconds, and its MiB at the end."""
    base, told = f"http://127.0.0.1:{port}", Told()
    async with httpx.AsyncClient(base_url=base, timeout=60) as client:
        await _ready(client, pid)
        await client.get(people[0].list, headers={"cookie": f"homeround={people[0].token}"})
    before, end = _cpu(pid), time.monotonic() + seconds
    await asyncio.gather(*(_user(base, person, end, told) for person in people))
    return told, _cpu(pid) - before, _memory(pid)


async def _ready(client: httpx.AsyncClient, pid: int) -> None:
    """Until the service answers and all of its processes have read what they need, which keeps them busy."""
    for _ in range(300):
        before = _cpu(pid)
        await asyncio.sleep(1)
        if _cpu(pid) - before < 0.1:
            await client.get("/healthz")
            return
    raise RuntimeError("the service did not start")


async def _user(base: str, person: Person, end: float, told: Told) -> None:
    headers = {"cookie": f"homeround={person.token}", "x-csrf-token": person.csrf, "origin": base}
    # Without certificates to read, which takes this program longer than the service takes for a page.
    async with httpx.AsyncClient(base_url=base, timeout=60, headers=headers, verify=False) as client:
        await asyncio.sleep(random.uniform(0, THINKS[1]))
        while time.monotonic() < end:
            resident = random.choice(person.residents)
            await _timed(client, told, "list", "GET", person.list)
            await _timed(client, told, "resident", "GET", f"/residents/{resident}")
            address = f"/api/v1/residents/{resident}/decisions"
            answer = await _timed(client, told, "decision", "POST", address, json=_decision(person))
            if answer is not None and answer.status_code == 201:
                told.saved.append(answer.json()["decision"]["id"])


async def _timed(
    client: httpx.AsyncClient, told: Told, kind: str, method: str, address: str, **sent: object
) -> httpx.Response | None:
    began = time.perf_counter()
    try:
        answer = await client.request(method, address, **sent)  # type: ignore[arg-type]
    except httpx.TransportError as fault:
        told.failed.append(f"{kind}: {fault!r}")
        return None
    told.seconds.setdefault(kind, []).append(time.perf_counter() - began)
    if answer.status_code not in (200, 201):
        told.failed.append(f"{kind}: {answer.status_code}")
    await asyncio.sleep(random.uniform(*THINKS))
    return answer


def _decision(person: Person) -> dict[str, object]:
    due = (datetime.now(UTC).date() + timedelta(days=7)).isoformat()
    actions = [{"what": what, "owner": "A nurse", "due_on": due} for what in ("Weigh", "Review medicines")]
    return {
        "as_of": person.as_of.isoformat(),
        "slug": person.slug,
        "digest": person.digest,
        "form": secrets.token_hex(16),
        "outcome": "discussed_actions",
        "actions": actions,
    }


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(one for child in children for one in _tree(int(child)))]


def _cpu(pid: int) -> float:
    """Seconds of the service's processes."""
    return sum(_seconds(one) for one in _tree(pid))


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> float:
    """MiB that the service's processes hold, what they share counted once (proportional set size)."""
    lines = (Path(f"/proc/{one}/smaps_rollup").read_text(encoding="utf-8").splitlines() for one in _tree(pid))
    return sum(int(line.split()[1]) for found in lines for line in found if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
