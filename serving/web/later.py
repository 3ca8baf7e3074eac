"""Answers that are made once the transaction of the visit is committed: files, and whatever takes longer than a page.

Who writes to the store waits for nobody's PDF, and the trail has its line before there is anything to hand out. A few
are made at a time, in threads of their own: whoever wants a page waits for none of them.
"""

from collections.abc import Callable

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_AT_ONCE = 2
_limiter: RunVar[CapacityLimiter] = RunVar("files_at_once")


class Later(Response):
    """The answer that `make` gives when it is asked for. What it raises becomes a page, as from any other function."""

    def __init__(self, make: Callable[[], Response]) -> None:
        super().__init__()
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await run_sync(self._make, limiter=_few())
        await answer(scope, receive, send)


def _few() -> CapacityLimiter:
    """The same one for everybody whom this event loop serves."""
    try:
        return _limiter.get()
    except LookupError:
        made = CapacityLimiter(_AT_ONCE)
        _limiter.set(made)
        return made
