"""What every answer carries and every request must pass."""

import hashlib
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
from example_list import AS_OF, identities
from made_web import MDT, OF_P1, PASSWORD, Made, token_of
from sqlalchemy.exc import OperationalError

import serving.web.security
from serving.store import trail

STATIC = Path(serving.web.security.__file__).parent / "static"
LIST = f"/lists/{AS_OF}/{MDT}"


def test_pages_carry_a_policy_without_anything_inline_and_are_never_kept(web: Made) -> None:
    answer = web.client("gp").get(LIST)
    policy = answer.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce
    assert not re.search("unsafe|http", policy)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert all(f'nonce="{nonce[1]}"' in tag for tag in re.findall(r"<script[^>]*>", answer.text))
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", answer.text)
    assert web.client("gp").get(LIST).headers["content-security-policy"] != policy


def test_pages_and_styles_ask_no_other_machine(web: Made) -> None:
    page = web.client("gp").get(LIST).text
    for address in re.findall(r'(?:src|href|action)="([^"]*)"', page):
        assert address.startswith(("/", "#")), address
    for file in STATIC.glob("*.css"):
        assert not re.search(r"@font-face|@import|url\((?!images/)|//[a-z]", file.read_text(encoding="utf-8"))


def test_the_vendored_files_are_those_of_the_notice() -> None:
    notice = (STATIC / "NOTICE").read_text(encoding="utf-8")
    for file in ("nhsuk-frontend.min.css", "nhsuk-frontend.min.js"):
        assert hashlib.sha256((STATIC / file).read_bytes()).hexdigest() in notice
    assert not re.search("lozenge|logo|favicon", " ".join(path.name for path in STATIC.rglob("*")))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "elsewhere.example"}, 400),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "", "origin": "http://localhost"}, 403),  # no token yet, but past the guard
        ({"sec-fetch-site": "", "origin": "https://elsewhere.example"}, 403),
        ({"sec-fetch-site": ""}, 403),
        ({"content-length": "99999999"}, 413),
    ],
)
def test_posts_from_elsewhere_and_large_ones_are_refused(web: Made, headers: dict[str, str], status: int) -> None:
    answer = web.client("gp").post("/search", data={"text": "joan"}, headers=headers)
    assert answer.status_code == status


def test_a_form_needs_the_token_of_this_sign_in(web: Made) -> None:
    one, other = web.client("gp"), web.client("gp")
    own, strange = token_of(one.get("/search").text), token_of(other.get("/search").text)
    assert one.post("/search", data={"text": "joan", "csrf": own}).status_code == 200
    assert one.post("/search", data={"text": "joan", "csrf": strange}).status_code == 403
    assert one.post("/search", data={"text": "joan"}).status_code == 403


def test_signing_in_and_out_by_password(web: Made) -> None:
    client = web.client()
    form = {"csrf": token_of(client.get("/sign-in").text), "username": "GP", "password": PASSWORD}
    assert "Enter your password" in client.post("/sign-in", data=form | {"password": ""}).text
    answer = client.post("/sign-in", data=form)
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("homeround="))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert re.search("HttpOnly.*SameSite=strict", cookie)
    page = client.get("/weeks")
    assert page.status_code == 200
    client.post("/sign-out", data={"csrf": token_of(page.text)})
    client.cookies.set("homeround", cookie.split("=", 1)[1].split(";")[0])
    assert client.get("/weeks").status_code == 303


def test_tries_to_sign_in_are_limited(web: Made) -> None:
    client = web.client()
    form = {"csrf": token_of(client.get("/sign-in").text), "username": "gp-unknown", "password": "wrong"}
    answers = [client.post("/sign-in", data=form) for _ in range(6)]
    assert [one.status_code for one in answers] == [401] * 5 + [429]
    assert "The name or the password is not right" in answers[0].text


def test_a_sign_in_ends_when_unused_and_in_the_end_anyway(web: Made) -> None:
    idle, busy = web.client("gp"), web.client("gp")
    begin = web.clock.now
    for minutes in range(0, 10 * 60, 19):
        web.clock.now = begin + timedelta(minutes=minutes)
        assert busy.get("/weeks").status_code == 200
    assert idle.get("/weeks").status_code == 303
    web.clock.now = begin + timedelta(hours=10, minutes=1)
    assert busy.get("/weeks").status_code == 303


def test_no_page_without_its_line_in_the_trail(web: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OperationalError("insert", {}, Exception("the disk is full"))

    client = web.client("gp")
    monkeypatch.setattr(trail, "append", full)
    answer = client.get(f"/residents/{OF_P1}")
    assert answer.status_code == 500
    assert "WHITFIELD" not in answer.text


def test_names_and_what_is_typed_stay_out_of_logs_and_the_store(
    web: Made, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    client = web.client("mdt_lead")
    page = client.get(LIST).text
    client.post("/search", data={"text": "Whitfield", "csrf": token_of(page)})
    client.get(f"/residents/{OF_P1}")
    client.get("/residents/" + "x" * 5000)
    stored = str(web.lines())
    written = caplog.text + "".join(capfd.readouterr()) + stored
    assert "WHITFIELD" in page
    for one in identities().values():
        assert one.family_name.casefold() not in written.casefold() or len(one.family_name) < 5
        assert one.nhs_number not in written
