"""The review room's server: processes that share a port and what was read of the history."""

import gc
import sys

from serving.web.app import create_app
from serving.web.list_rows import make_rows
from serving.web.room import Room

from .processes import share
from .room import room_of
from .settings import load
from .terminal import err, out


def serve(host: str, port: int | None) -> None:
    """Serve the room until it is stopped."""
    import uvicorn

    chosen = load()
    at, on = host or chosen.web.host, port or chosen.web.port
    room = room_of(chosen)
    err.print("Reading the history ...")
    _read(room)
    # No access log: addresses hold pseudonyms, and who saw whom is in the trail. Who reads for a minute keeps the
    # connection: a browser that finds it closed has to ask again.
    config = uvicorn.Config(
        create_app(room),
        host=at,
        port=on,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=75,
    )
    listening = config.bind_socket()
    out.print(f"The review room is at http://{at}:{on}")
    share(chosen.web.processes, lambda: uvicorn.Server(config).run(sockets=[listening]))


def _read(room: Room) -> None:
    """Everything that a first page needs, kept apart from what comes and goes."""
    room.keep_places()
    register = room.register()
    known = room.names(register)
    if week := room.lists.latest():
        make_rows(week, register, known)
    room.store.close()  # no connection of this process is used by another
    # What was read stays: looking through it for waste would stop every page for a third of a second, and would copy
    # into each process what they share.
    gc.collect()
    gc.freeze()
    # Pages are made by threads that wait for one another: turns of half a millisecond, not five, keep short ones short.
    sys.setswitchinterval(0.0005)
