"""Signing in at an organisation's own provider: OpenID Connect, authorization code flow with PKCE, state and nonce.

Only a provider that the settings name is believed, only for this client, and only what it has signed for this one
sign-in. The subject alone is taken from it: who that is here, and for whom, an administrator has said before.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

from .security import LOOPBACK

_ALGORITHMS = ("RS256", "PS256", "ES256")  # signed by a key that only the provider has; never none, never HS
_SECONDS = 10.0  # for each answer of the provider
_LEEWAY = 60  # seconds by which clocks may differ
_METADATA_LASTS = 3600.0
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class NotSignedIn(Exception):
    """The provider's answer is not one to sign somebody in by. `kind` is for the trail: one word, nothing of theirs."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Provider:
    """One OpenID provider; `name` is how the sign-in page calls it."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str = "your organisation"
    _kept: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def address(self, state: str, nonce: str, verifier: str, back: str) -> str:
        """Where the browser goes to sign in. Raises NotSignedIn where the provider does not answer."""
        with _faults(), self._client(back) as client:
            url, _ = client.create_authorization_url(
                self._metadata()["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
            return str(url)

    def subject(self, code: str, nonce: str, verifier: str, back: str, now: datetime) -> str:
        """Who the provider says has signed in. Raises NotSignedIn for anything that is not wholly as it must be."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.jwk import KeySet

        with _faults(), self._client(back) as client:
            metadata = self._metadata()
            token = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier)
            keys = KeySet.import_key_set(_fetched(metadata["jwks_uri"]))
            signed = jwt.decode(token["id_token"], keys, algorithms=list(_ALGORITHMS))
            wanted = {"iss": self.issuer, "aud": self.client_id}
            options = {name: {"essential": True, "value": value} for name, value in wanted.items()}
            params = {"nonce": nonce, "client_id": self.client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(signed.claims, signed.header, options, params)
            claims.validate(now=round(now.timestamp()), leeway=_LEEWAY)
            subject = claims["sub"]
            if not isinstance(subject, str) or not subject:
                raise NotSignedIn("subject")
            return subject

    def leaving(self, back: str) -> str:
        """Where a person signs out at the provider too; empty where it has no such address, or does not answer."""
        try:
            with _faults():
                address = self._metadata().get("end_session_endpoint", "")
        except NotSignedIn:
            return ""
        query = urlencode({"client_id": self.client_id, "post_logout_redirect_uri": back})
        return f"{address}{'&' if '?' in address else '?'}{query}" if address and is_safe(address) else ""

    @contextmanager
    def _client(self, back: str) -> Iterator[Any]:
        from authlib.integrations.httpx_client import OAuth2Client

        with OAuth2Client(
            self.client_id,
            self.secret,
            scope="openid",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_SECONDS,
        ) as client:
            yield client

    def _metadata(self) -> Mapping[str, Any]:
        """What the provider says of itself, asked for once an hour: about this issuer and with safe addresses."""
        with self._lock:
            kept = self._kept.get("metadata")
            if kept is None or kept[0] < monotonic() - _METADATA_LASTS:
                found = _fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer or not all(is_safe(found[name]) for name in _ENDPOINTS):
                    raise NotSignedIn("metadata")
                kept = self._kept["metadata"] = (monotonic(), found)
        return kept[1]


def is_safe(address: str) -> bool:
    """Whether nobody on the way can read or change what is sent there."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _fetched(address: str) -> Any:
    import httpx

    return httpx.get(address, timeout=_SECONDS).raise_for_status().json()


@contextmanager
def _faults() -> Iterator[None]:
    """Whatever goes wrong, by kind: what a provider says in words may hold anything, so it is not passed on."""
    import httpx
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    try:
        yield
    except httpx.HTTPError as why:
        raise NotSignedIn("unreachable") from why
    except (AuthlibBaseError, JoseError) as why:
        raise NotSignedIn(str(why.error)) from why
    except (ValueError, KeyError, TypeError, AttributeError) as why:
        raise NotSignedIn("answer") from why
