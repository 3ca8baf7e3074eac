"""A mail server on this machine that keeps what arrives and says what it is told to."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller

from serving.mail.send import Server


class Box:
    """Keeps what arrives; `says` gives the replies to one recipient in turn, then accepts."""

    def __init__(self, says: dict[str, list[str]] | None = None, slow: dict[str, float] | None = None) -> None:
        self.got: list[tuple[list[str], bytes]] = []
        self.asked: list[str] = []
        self._says, self._slow = says or {}, slow or {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        self.asked.append(address)
        if address in self._slow:
            await asyncio.sleep(self._slow[address])
        if left := self._says.get(address):
            return left.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.got.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def serving(box: Box, **options: object) -> Iterator[Server]:
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield Server("127.0.0.1", controller.port, "none", timeout=2)
    finally:
        controller.stop()
