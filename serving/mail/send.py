"""Sending mails by SMTP: each on its own, so that one that fails or hangs delays no other. What a server refuses for
now is tried again, later and later; what it refuses for good is not.

A mail is encrypted on its way or it does not go: there is no way back to plain text.
"""

import smtplib
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from features.problems import UsageError
from serving.render import words

Security = Literal["starttls", "tls", "none"]
State = Literal["sent", "will_retry", "failed", "changed"]
# Before the second, third ... try; whoever greylists lets a mail in after some minutes, an outage takes hours.
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 20, 60, 240))
CHANGED = "what it would tell has changed while it was made: the next run looks again"
_AT_ONCE = 4
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Server:
    """A mail server; "none" of security serves a relay on this machine only. `ca_file` replaces the system's trust."""

    host: str
    port: int = 587
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 20.0
    ca_file: Path | None = None


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Outgoing:
    """A mail to be sent: `key` is the caller's name for it, `tries` how often it has been tried, `still` is asked at
    the last moment whether what it tells is still so."""

    key: str
    message: EmailMessage
    tries: int = 0
    still: Callable[[], bool] = _always


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one mail: the reason in words when it was not sent, and the wait when it will be tried again."""

    key: str
    state: State
    tries: int
    reason: str = ""
    wait: timedelta | None = None


def deliver(
    queue: Sequence[Outgoing],
    server: Server,
    *,
    rounds: int = 1,
    tell: Callable[[Delivery], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Delivery, ...]:
    """Try every mail, and what was refused for now again in up to so many `rounds`; the last result of each, in order.

    Each result is handed to `tell` as it is known. With one round nothing waits: what `will_retry` is for the caller to
    hand in again, with its `tries`, after its `wait`.
    """
    done: dict[str, Delivery] = {}
    left = list(queue)
    for number in range(rounds):
        if number:
            sleep(min(_wait(one.tries) for one in left).total_seconds())
        for result in _round(left, server):
            done[result.key] = result
            tell(result)
        left = [replace(one, tries=done[one.key].tries) for one in left if done[one.key].state == "will_retry"]
        if not left:
            break
    return tuple(done[one.key] for one in queue)


def may_try_again(tries: int, last: datetime, now: datetime) -> bool:
    """Whether a mail that was tried so often, the last time at `last`, has waited long enough."""
    return now >= last + _wait(tries)


def _round(queue: Sequence[Outgoing], server: Server) -> Iterator[Delivery]:
    """One try each. A server that cannot be reached is asked once, not once a mail."""
    try:
        with _connected(server):
            pass
    except (smtplib.SMTPException, OSError) as error:
        yield from (_failed(one, error) for one in queue)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for result in as_completed([pool.submit(_send, one, server) for one in queue]):
            yield result.result()


def _send(one: Outgoing, server: Server) -> Delivery:
    try:
        with _connected(server) as smtp:
            if not one.still():
                return Delivery(one.key, "changed", one.tries, CHANGED)
            smtp.send_message(one.message)
    except (smtplib.SMTPException, OSError) as error:
        return _failed(one, error)
    return Delivery(one.key, "sent", one.tries + 1)


@contextmanager
def _connected(server: Server) -> Iterator[smtplib.SMTP]:
    """A session, encrypted and signed in. A farewell that goes wrong takes nothing back."""
    if server.security == "none" and server.host not in _LOCAL:
        raise UsageError(f'mail to {server.host} must be encrypted: [mail] security = "starttls" or "tls"')
    context = ssl.create_default_context(cafile=server.ca_file)
    smtp = _opened(server, context)
    try:
        if server.security == "starttls":
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
    finally:
        smtp.close()


def _opened(server: Server, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=server.timeout)


def _failed(one: Outgoing, error: Exception) -> Delivery:
    tries = one.tries + 1
    for_now, reason = _judged(error)
    if not for_now:
        return Delivery(one.key, "failed", tries, reason)
    if tries > len(WAITS):
        return Delivery(one.key, "failed", tries, f"given up after {tries} tries: {reason}")
    return Delivery(one.key, "will_retry", tries, reason, _wait(tries))


def _wait(tries: int) -> timedelta:
    return WAITS[min(tries, len(WAITS)) - 1]


def _judged(error: Exception) -> tuple[bool, str]:
    """Whether a later try may do better, and what went wrong. Replies of 400 to 499 are for now (RFC 5321, 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _for_now(code), f"the mail server refused the recipient: {_reply(code, text)}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _for_now(error.smtp_code), f"the mail server refused our sign-in: {_reply(error.smtp_code, b'')}"
    if isinstance(error, smtplib.SMTPResponseException):
        reply = _reply(error.smtp_code, error.smtp_error)
        return _for_now(error.smtp_code), f"the mail server refused the mail: {reply}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return False, "the mail server offers no encryption or no sign-in, so nothing was sent"
    if isinstance(error, ssl.SSLError):
        return False, "the mail server cannot prove who it is, or does not speak TLS here, so nothing was sent"
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return True, "the mail server did not answer in time"
    return True, "the mail server cannot be reached, or hung up"


def _for_now(code: int) -> bool:
    return 400 <= code < 500 or code < 0


def _reply(code: int, text: bytes | str) -> str:
    """A server's reply as one short line."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(words.plain(f"{code} {said}").split())[:200]
