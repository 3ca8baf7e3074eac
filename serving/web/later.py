"""Answers that are made once the transaction of the visit is committed: files, and whatever takes longer than a page.

Who writes to the store waits for nobody's PDF, and the trail has its line before there is anything to hand out.
"""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Later(Response):
    """The answer that `make` gives when it is asked for. What it raises becomes a page, as from any other function."""

    def __init__(self, make: Callable[[], Response]) -> None:
        super().__init__()
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await run_in_threadpool(self._make)
        await answer(scope, receive, send)
