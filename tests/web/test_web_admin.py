"""Administrators make accounts and read the trail, and see no resident; a password for once opens nothing but itself."""

import csv
import io
import re
from datetime import timedelta

from bs4 import BeautifulSoup
from example_list import AS_OF, identities
from made_web import MDT, OF_P1, Made, token_of
from sqlalchemy import text, update
from starlette.testclient import TestClient

from serving.access import COMMAND_LINE
from serving.store import accounts, passwords, trail
from serving.store.tables import TrailRow

OWN = "three words of my own"


def sent(client: TestClient, address: str, page: str, **form: str):
    return client.post(address, data={"csrf": token_of(client.get(page).text), **form})


def added(web: Made, username: str, **form: str) -> tuple[TestClient, str, int]:
    """The administrator's browser, the password for once and the new account's id."""
    client = web.client("administrator")
    given = {"name": f"Pat {username}", "username": username, "role": "gp", "way": "password"}
    page = sent(client, "/accounts/new", "/accounts/new", **given | form).text
    shown = re.search(r'room-code">([^<]+)<', page)
    with web.store.reading() as db:
        account = accounts.named(db, username)
    assert account
    return client, shown[1] if shown else "", account.id


def test_an_account_is_added_given_a_scope_and_used(web: Made) -> None:
    client, once, id = added(web, "newcomer")
    with web.store.reading() as db:
        made = accounts.of_id(db, id)
    assert made is not None
    assert not made.scope.practices  # for nobody until that is said
    sent(client, f"/accounts/{id}/scope", f"/accounts/{id}", **{"for:p1": "yes", "for:unknown": "yes"})
    with web.store.reading() as db:
        made = accounts.of_id(db, id)
    assert made is not None
    assert made.scope.practices == {"p1"}

    person = web.client()
    answer = sent(person, "/sign-in", "/sign-in", username="newcomer", password=once)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password")
    assert person.get("/lists").status_code == 303  # not signed in by it
    short = sent(person, "/password", "/password", username="newcomer", password=once, chosen="short")
    assert "12 to 200 characters" in short.text
    same = sent(person, "/password", "/password", username="newcomer", password=once, chosen=once)
    assert "other than the one you have" in same.text
    done = sent(person, "/password", "/password", username="newcomer", password=once, chosen=OWN)
    assert "Your password is changed" in done.text
    assert sent(person, "/sign-in", "/sign-in", username="newcomer", password=once).status_code == 401
    assert sent(person, "/sign-in", "/sign-in", username="newcomer", password=OWN).headers["location"] == "/"
    assert "Joan WHITFIELD" in person.get(f"/lists/{AS_OF}/{MDT}").text


def test_a_password_for_once_ends_after_its_days(web: Made) -> None:
    _, once, _ = added(web, "latecomer")
    web.clock.now += accounts.ONCE_LASTS + timedelta(minutes=1)
    person = web.client()
    assert sent(person, "/sign-in", "/sign-in", username="latecomer", password=once).status_code == 401


def test_resetting_and_disabling_end_what_is_open(web: Made) -> None:
    client, once, id = added(web, "leaver")
    person = web.client()
    sent(person, "/password", "/password", username="leaver", password=once, chosen=OWN)
    sent(person, "/sign-in", "/sign-in", username="leaver", password=OWN)
    assert person.get("/lists").status_code == 200
    page = sent(client, f"/accounts/{id}/password", f"/accounts/{id}").text
    assert "Password for once" in page
    assert person.get("/lists").status_code == 303
    sent(client, f"/accounts/{id}/state", f"/accounts/{id}", to="disabled")
    again = re.search(r'room-code">([^<]+)<', page)
    assert again
    assert sent(person, "/sign-in", "/sign-in", username="leaver", password=again[1]).status_code == 401
    assert "Disabled" in client.get("/accounts").text


def test_a_password_is_hashed_while_others_can_write(web: Made, monkeypatch) -> None:
    def hashed(password: str) -> str:
        with web.store.transaction() as db:
            db.execute(text("UPDATE accounts SET name = name"))
        return f"hash {len(password)}"

    monkeypatch.setattr(passwords, "hashed", hashed)
    client, once, id = added(web, "waiting")
    assert len(once) == 19
    page = sent(client, f"/accounts/{id}/password", f"/accounts/{id}")
    assert (page.status_code, "Password for once" in page.text) == (200, True)


def test_what_cannot_be_is_said(web: Made) -> None:
    client = web.client("administrator")
    with web.store.reading() as db:
        own = accounts.named(db, "administrator")
    assert own
    answer = sent(client, f"/accounts/{own.id}/state", f"/accounts/{own.id}", to="disabled")
    assert (answer.status_code, "You cannot disable your own account" in answer.text) == (400, True)
    taken = sent(client, "/accounts/new", "/accounts/new", name="A", username="GP", role="gp", way="password")
    assert "already an account gp" in taken.text
    empty = sent(client, "/accounts/new", "/accounts/new", way="oidc", subject=" ")
    said = BeautifulSoup(empty.text, "html.parser").select(".nhsuk-error-summary a")
    ids = {tag["id"] for tag in BeautifulSoup(empty.text, "html.parser").find_all(id=True)}
    assert [a["href"] for a in said] == ["#name", "#username", "#role", "#subject"]
    assert {str(a["href"])[1:] for a in said} <= ids
    assert client.get("/accounts/9999").status_code == 404


def test_the_trail_tells_who_saw_one_resident_on_one_day(web: Made) -> None:
    gp = web.client("gp")
    gp.get(f"/lists/{AS_OF}/{MDT}")
    gp.get(f"/residents/{OF_P1}")
    client = web.client("administrator")
    on = f"day={web.clock.now.day}&month={web.clock.now.month}&year={web.clock.now.year}"
    rows = list(csv.DictReader(io.StringIO(client.get(f"/trail/lines.csv?resident={OF_P1}&{on}").text)))
    assert {"list_seen", "resident_seen"} <= {row["action"] for row in rows if row["username"] == "gp"}
    assert not any(row["username"] == "gp" and row["detail"].find(OF_P1) < 0 and not row["resident_id"] for row in rows)
    none = client.get("/trail/lines.csv?day=1&month=1&year=2026").text
    assert none.count("\n") == 1
    assert client.get("/trail?day=31&month=2&year=2026").status_code == 400
    assert web.lines()[-1][0] == "trail_seen"


def test_what_is_typed_into_the_trails_filter_is_not_kept(web: Made) -> None:
    web.client("administrator").get("/trail?resident=Joan+Whitfield")
    assert "hitfield" not in str(web.lines()[-1])


def test_a_changed_line_is_found(web: Made) -> None:
    client = web.client("administrator")
    whole = client.get("/trail/check").text
    assert "The trail is whole" in whole
    with web.store.reading() as db:
        head = trail.head(db)
    assert head.digest in whole
    with web.store.transaction() as db:
        line = trail.lines(db, COMMAND_LINE, most=2)[1]
        db.execute(update(TrailRow).where(TrailRow.seq == line.seq).values(username="somebody"))
    try:
        said = client.get("/trail/check").text
        assert "The trail is not whole" in said
        assert f"Line {line.seq} was changed" in said
    finally:
        with web.store.transaction() as db:
            db.execute(update(TrailRow).where(TrailRow.seq == line.seq).values(username=line.username))


def test_checking_and_exporting_hold_up_no_writer(web: Made, monkeypatch) -> None:
    def write(*_: object) -> None:
        with web.store.transaction() as db:
            db.execute(text("UPDATE accounts SET name = name"))

    monkeypatch.setattr(trail, "verify", write)
    assert web.client("administrator").get("/trail/check").status_code == 200


def test_an_administrator_sees_no_name_of_a_resident(web: Made) -> None:
    client = web.client("administrator")
    pages = [
        client.get(path).text for path in ("/accounts", "/accounts/1", "/trail", "/trail/lines.csv", "/trail/check")
    ]
    for one in identities().values():
        assert not any(one.nhs_number in page or one.family_name.upper() in page for page in pages)
