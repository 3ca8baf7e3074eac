"""A small OpenID provider on loopback: discovery, keys, tokens; it checks the client, the code and its verifier."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "homeround-room", "a secret of the client"


@dataclass
class FakeProvider:
    """`claims` and `header` change what is signed, `key` by what; `codes` holds what each code was asked with."""

    issuer: str = ""
    subject: str = "gp"
    now: int = 0
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, parameters={"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    signing: RSAKey | None = None

    def sign_in(self, address: str) -> str:
        """What the person's browser is sent back with: the query of the return address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"state={asked['state']}&code={code}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or authorization != f"Basic {basic}" or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if challenge.rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        said = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"]}
        said |= {"iat": self.now, "exp": self.now + 300} | self.claims  # type: ignore[operator]
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, said, self.signing or self.key)
        return {"access_token": "unused", "token_type": "Bearer", "id_token": signed}

    def metadata(self) -> dict[str, str]:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        ends["end_session_endpoint"] = "leave"
        return {"issuer": self.issuer} | {name: f"{self.issuer}/{path}" for name, path in ends.items()}


@contextmanager
def running() -> Iterator[FakeProvider]:
    """The provider, served as long as the block lasts."""
    provider = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = {"keys": [provider.key.as_dict(private=False)]}
            self._answer(keys if self.path == "/jwks" else provider.metadata())

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            plain = {name: values[0] for name, values in form.items()}
            self._answer(provider.token(plain, self.headers.get("authorization", "")))

        def _answer(self, value: Any) -> None:
            data = json.dumps(value or {"error": "invalid_grant"}).encode()
            self.send_response(200 if value else 400)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
