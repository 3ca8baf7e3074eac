"""A Prefect API server that lives as long as the process that started it: `python -m flows.server FD`.

FD is a listening socket handed down by the parent, so no port can be lost in a race and early requests wait in its
queue. The server ends when its standard input does: also when the parent is killed outright and can say nothing.
"""

import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn

_LAST_WORDS = 2.0  # seconds given to open requests


def main() -> None:
    import uvicorn
    from prefect.server.api.server import create_app

    scheduling = len(sys.argv) > 2 and sys.argv[2] == "scheduling"
    config = uvicorn.Config(create_app(ephemeral=not scheduling, final=True), log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _end_with_parent(server: "uvicorn.Server") -> None:
    sys.stdin.buffer.read()
    server.should_exit = True
    threading.Timer(_LAST_WORDS, lambda: os._exit(0)).start()


if __name__ == "__main__":
    main()
