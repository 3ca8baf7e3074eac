"""The review room's server: processes that share a port, each with the whole room in memory."""

import gc
import sys

from fastapi import FastAPI

from serving.web.app import create_app

from .room import room_of
from .settings import load
from .terminal import err, out

_STARTING_SECONDS = 120  # in which a process may be too busy with the history to say that it is alive


def serve(host: str, port: int | None) -> None:
    """Serve the room until it is stopped."""
    import uvicorn

    chosen = load()
    at, on = host or chosen.web.host, port or chosen.web.port
    room_of(chosen)  # what is wrong is said here, once, and not by each process
    err.print("Reading the history ...")
    out.print(f"The review room is at http://{at}:{on}")
    # No access log: addresses hold pseudonyms, and who saw whom is in the trail. Who reads for a minute keeps the
    # connection: a browser that finds it closed has to ask again.
    uvicorn.run(
        "flows.room_server:app_of_settings",
        factory=True,
        workers=chosen.web.processes,
        host=at,
        port=on,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=75,
        timeout_worker_healthcheck=_STARTING_SECONDS,
    )


def app_of_settings() -> FastAPI:
    """The app of one process, with everything read that its first page needs."""
    room = room_of(load())
    room.names(room.register())
    room.lists.latest()
    # What was read stays: looking through it for waste would stop every page for a third of a second.
    gc.collect()
    gc.freeze()
    # Pages are made by threads that wait for one another: turns of half a millisecond, not five, keep short ones short.
    sys.setswitchinterval(0.0005)
    return create_app(room)
