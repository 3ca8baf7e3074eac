"""Files made for a page that is asked for: after its transaction, so that nobody waits for the store meanwhile."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Later(Response):
    """A file whose bytes are made when the answer leaves. A fault in making them is answered as any other."""

    def __init__(self, make: Callable[[], bytes], name: str, media_type: str = "application/pdf") -> None:
        super().__init__(media_type=media_type)
        self._make, self._name = make, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"Content-Disposition": f'inline; filename="{self._name}"'}
        made = Response(await run_in_threadpool(self._make), media_type=self.media_type, headers=headers)
        await made(scope, receive, send)
