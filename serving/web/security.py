"""What every answer carries and every request must pass, before any page is asked.

No script or style but our own files and what bears the answer's nonce; no frame, no referrer, nothing kept by the
browser or on the way. A request for another host, too large a body, or a POST from another site is refused.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
STATIC = "/static/"
_LARGEST_BODY = 256 * 1024  # a decision with every field full, in any script, as a browser encodes it
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class Guard:
    """ASGI middleware around the whole app; `hosts` are the names it answers to, without ports."""

    app: ASGIApp
    hosts: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["nonce"] = secrets.token_urlsafe(16)
        refused = self._refused(scope, headers)
        answer = refused or self.app
        await answer(scope, _limited(receive), _with_headers(scope, headers, send))

    def _refused(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        host = hostname(headers)
        if host not in self.hosts:
            return PlainTextResponse("This service is not known under that name.", 400)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            return PlainTextResponse("That is more than this service takes at once.", 413)
        if scope["method"] not in _SAFE and not _own_site(headers):
            return PlainTextResponse("This form was not sent from a page of this service.", 403)
        return None


def hostname(headers: Headers) -> str:
    """The host that was asked for, without its port."""
    return urlsplit(f"//{headers.get('host', '')}").hostname or ""


def on_loopback(headers: Headers) -> bool:
    """Whether the browser is on the same machine, so that plain http reaches no network."""
    return hostname(headers) in LOOPBACK


def _own_site(headers: Headers) -> bool:
    """Whether a browser says that one of our own pages sent this. Silence is not enough."""
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = urlsplit(headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == headers.get("host")


def _limited(receive: Receive) -> Receive:
    """A body that states no length is counted as it comes."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > _LARGEST_BODY:
            raise HTTPException(413, "That is more than this service takes at once.")
        return message

    return counted


def _with_headers(scope: Scope, asked: Headers, send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(_ALWAYS)
            headers["Content-Security-Policy"] = _POLICY.format(nonce=scope["state"]["nonce"])
            headers["Cache-Control"] = "public, max-age=3600" if scope["path"].startswith(STATIC) else "no-store"
            if not on_loopback(asked):
                headers["Strict-Transport-Security"] = "max-age=31536000"
        await send(message)

    return sent
