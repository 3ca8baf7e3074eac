"""Mails against a real server on this machine: sent, refused for now and for good, hanging, dead, and never unencrypted."""

import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from example_home import NOW, summary
from mail_box import Box, free_port, serving

from features.problems import UsageError
from serving.mail.message import Sender, home_letter, notice
from serving.mail.policy import Policy
from serving.mail.send import WAITS, Delivery, Outgoing, Server, deliver, may_try_again

SENDER = Sender("review@surgery.example", "Oakfield Surgery", "https://room.example/")
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate)
    return made


def queue(*names: str) -> list[Outgoing]:
    letter = home_letter(summary(3), SENDER)
    return [Outgoing(name, notice(letter, f"{name}@elmhouse.example", SENDER, Policy(), NOW)) for name in names]


def test_each_recipient_gets_a_mail_of_their_own() -> None:
    box = Box()
    with serving(box) as server:
        done = deliver(queue("a", "b", "c"), server)
    assert done == tuple(Delivery(key, "sent", 1) for key in "abc")
    assert sorted(to for to, _ in box.got) == [["a@elmhouse.example"], ["b@elmhouse.example"], ["c@elmhouse.example"]]
    assert all(b"[secure] Weekly summary ready: Elm House" in content for _, content in box.got)
    assert all(content.count(b"@elmhouse.example") == 1 for _, content in box.got)


def test_what_is_refused_for_good_is_not_tried_again_and_the_others_go() -> None:
    box = Box({"b@elmhouse.example": ["550 5.1.1 No such\tmailbox"] * 9})
    told: list[str] = []
    with serving(box) as server:
        done = deliver(queue("a", "b", "c"), server, rounds=3, tell=lambda one: told.append(one.key), sleep=pytest.fail)
    assert [one.state for one in done] == ["sent", "failed", "sent"]
    assert done[1].reason == "the mail server refused the recipient: 550 5.1.1 No such mailbox"
    assert done[1].wait is None
    assert box.asked.count("b@elmhouse.example") == 1
    assert sorted(told) == ["a", "b", "c"]


def test_what_is_refused_for_now_is_tried_again_after_a_wait() -> None:
    box = Box({"b@elmhouse.example": ["451 4.7.1 Greylisted, come back", "421 4.3.2 Busy"]})
    slept: list[float] = []
    with serving(box) as server:
        once = deliver(queue("a", "b"), server)
        assert once[1].state == "will_retry"
        assert once[1].wait == MINUTE
        assert once[1].reason == "the mail server refused the recipient: 451 4.7.1 Greylisted, come back"
        (done,) = deliver([replace(one, tries=1) for one in queue("b")], server, rounds=3, sleep=slept.append)
    assert done == Delivery("b", "sent", 3)
    assert slept == [5 * 60]
    assert [to for to, _ in box.got] == [["a@elmhouse.example"], ["b@elmhouse.example"]]


def test_after_the_last_try_it_is_given_up_with_the_reason() -> None:
    box = Box({"a@elmhouse.example": ["451 Later"] * 99})
    slept: list[float] = []
    with serving(box) as server:
        (done,) = deliver(queue("a"), server, rounds=99, sleep=slept.append)
    assert done.state == "failed"
    assert done.reason == "given up after 6 tries: the mail server refused the recipient: 451 Later"
    assert slept == [wait.total_seconds() for wait in WAITS]


def test_a_mail_that_hangs_delays_no_other() -> None:
    box = Box(slow={"a@elmhouse.example": 6})
    with serving(box) as server:
        finished: dict[str, float] = {}
        began = time.monotonic()
        done = deliver(queue("a", "b", "c", "d", "e", "f"), replace(server, timeout=1.5),
                       tell=lambda one: finished.setdefault(one.key, time.monotonic() - began))  # fmt: skip
        assert time.monotonic() - began < 5
    assert [one.state for one in done] == ["will_retry"] + ["sent"] * 5
    assert done[0].reason == "the mail server did not answer in time"
    assert all(finished[key] < finished["a"] for key in "bcdef")


def test_a_server_that_says_nothing_is_asked_once() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        done = deliver(queue(*"abcdefgh"), Server("127.0.0.1", silent.getsockname()[1], "none", timeout=0.3))
    assert time.monotonic() - began < 2
    assert {(one.state, one.reason) for one in done} == {("will_retry", "the mail server did not answer in time")}


def test_a_dead_server_leaves_everything_to_be_tried_again() -> None:
    done = deliver(queue("a", "b"), Server("127.0.0.1", free_port(), "none", timeout=1))
    assert [one.state for one in done] == ["will_retry", "will_retry"]
    assert done[0].reason == "the mail server cannot be reached, or hung up"


def test_a_server_that_hangs_up_in_mid_mail_is_tried_again() -> None:
    def hang_up(listener: socket.socket) -> None:
        for reply in (b"220 hello\r\n", b"250 hi\r\n", b"221 bye\r\n"), (b"220 hello\r\n", b"250 hi\r\n"):
            talk, _ = listener.accept()
            for line in reply:
                talk.sendall(line)
                talk.recv(1000)
            talk.close()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        other = threading.Thread(target=hang_up, args=(listener,), daemon=True)
        other.start()
        (done,) = deliver(queue("a"), Server("127.0.0.1", listener.getsockname()[1], "none", timeout=2))
        other.join(5)
    assert done.state == "will_retry"


class Gate:
    """Lets in one name and password."""

    def __call__(self, server, session, envelope, mechanism, data) -> AuthResult:
        right = (data.login, data.password) == (b"homeround", b"right")
        return AuthResult(success=right, handled=right)


@pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS"
)  # the server does not count TLS from the start
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_and_signed_in(certificate: Path, security: str) -> None:
    box = Box()
    options = (
        {"ssl_context": context(certificate)}
        if security == "tls"
        else {"tls_context": context(certificate), "require_starttls": True}
    )
    with serving(
        box, authenticator=Gate(), auth_required=True, auth_require_tls=security == "starttls", **options
    ) as server:
        server = replace(server, security=security, ca_file=certificate, user="homeround", password="right")
        assert deliver(queue("a", "b"), server) == (Delivery("a", "sent", 1), Delivery("b", "sent", 1))
        (refused,) = deliver(queue("c"), replace(server, password="wrong"))
        (stranger,) = deliver(queue("d"), replace(server, ca_file=None))
    assert (refused.state, refused.reason[:37]) == ("failed", "the mail server refused our sign-in: ")
    assert "right" not in repr(server)
    assert (stranger.state, len(box.got)) == ("failed", 2)
    assert stranger.reason.startswith("the mail server cannot prove who it is")


def test_a_server_without_encryption_gets_nothing() -> None:
    box = Box()
    with serving(box) as server:
        (done,) = deliver(queue("a"), replace(server, security="starttls"))
    assert done.state == "failed"
    assert "no encryption" in done.reason
    assert box.asked == []


def test_plain_text_leaves_this_machine_for_nowhere() -> None:
    with pytest.raises(UsageError, match="must be encrypted"):
        deliver(queue("a"), Server("mail.example", 25, "none"))


def test_a_mail_waits_its_turn() -> None:
    assert not may_try_again(1, NOW, NOW + MINUTE - timedelta(seconds=1))
    assert may_try_again(1, NOW, NOW + MINUTE)
    assert not may_try_again(5, NOW, NOW + timedelta(hours=3))
    assert may_try_again(5, NOW, NOW + timedelta(hours=4))
