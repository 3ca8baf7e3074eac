"""Signing in by an OpenID provider: one that is really asked, and every way in which its answer may be wrong."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from made_web import Made, token_of
from oidc_provider import CLIENT, SECRET, FakeProvider, running
from sqlalchemy import delete, func, select
from starlette.testclient import TestClient

from serving.store import accounts, oidc_tries
from serving.store.oidc_tries import Try
from serving.store.sign_in import Limits, go_out
from serving.store.tables import AttemptRow
from serving.web.app import create_app
from serving.web.oidc import Provider, is_safe

BACK = "/sign-in/oidc/return"


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeProvider]:
    with running() as provider:
        yield provider


@pytest.fixture(autouse=True)
def no_tries(web: Made) -> Iterator[None]:
    """Tries that other tests made, perhaps at a later hour, are not counted here, nor these there."""
    for last in (False, True):
        with web.store.transaction() as db:
            db.execute(delete(AttemptRow))
        if not last:
            yield


@pytest.fixture
def there(serving: FakeProvider, web: Made) -> FakeProvider:
    """The provider as it should be, for the account that signs in by the subject mdt_lead."""
    serving.subject, serving.claims, serving.signing = "mdt_lead", {}, None
    serving.now = round(web.clock.now.timestamp())
    return serving


@pytest.fixture
def here(web: Made, there: FakeProvider) -> Made:
    """The room with that provider."""
    room = replace(web.room, provider=Provider(there.issuer, CLIENT, SECRET, "Oakfield"))
    return replace(web, app=create_app(room), room=room)


def came_back(client: TestClient, there: FakeProvider) -> Any:
    away = client.get("/sign-in/oidc")
    assert away.status_code == 303
    return client.get(f"{BACK}?{there.sign_in(away.headers['location'])}")


def test_somebody_with_an_account_is_signed_in_and_out(here: Made, there: FakeProvider) -> None:
    client = here.client()
    assert "Sign in with Oakfield" in client.get("/sign-in").text
    answer = came_back(client, there)
    assert answer.status_code == 200
    assert 'http-equiv="refresh"' in answer.text  # a strict cookie would not come along on a redirect
    cookies = answer.headers.get_list("set-cookie")
    assert any(re.match("homeround=.*HttpOnly.*SameSite=strict", line) for line in cookies)
    page = client.get("/lists")
    assert page.status_code in (200, 303)
    assert "Pat mdt_lead" in client.get("/weeks").text
    left = client.post("/sign-out", data={"csrf": token_of(client.get("/weeks").text)})
    assert f"{there.issuer}/leave?client_id={CLIENT}" in left.text
    assert client.get("/weeks").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"nonce": "another"}, "invalid_claim"),
        ({"nonce": None}, "invalid_claim"),
        ({"aud": "another client"}, "invalid_claim"),
        ({"aud": [CLIENT, "another"]}, "missing_claim"),  # for two, and by whose wish is not said
        ({"azp": "another client"}, "invalid_claim"),
        ({"iss": "https://elsewhere.example"}, "invalid_claim"),
        ({"exp": 1}, "expired_token"),
        ({"sub": ""}, "subject"),
        ({"sub": "a stranger"}, "no account"),
    ],
)
def test_a_token_that_is_not_wholly_right_signs_nobody_in(
    here: Made, there: FakeProvider, claims: dict[str, Any], kind: str
) -> None:
    there.claims = claims
    refused(here, there, kind)


def refused(here: Made, there: FakeProvider, kind: str) -> None:
    client = here.client()
    answer = came_back(client, there)
    assert answer.status_code == 401
    assert client.get("/weeks").headers["location"] == "/sign-in"
    action, _, detail = here.lines()[-1]
    assert (action, detail) == ("sign_in_refused", f'{{"oidc":"{kind}"}}')


def test_a_token_signed_by_another_key_signs_nobody_in(here: Made, there: FakeProvider) -> None:
    there.signing = RSAKey.generate_key(2048, parameters={"kid": "one"})
    refused(here, there, "bad_signature")


def test_a_disabled_account_is_not_signed_in(here: Made, there: FakeProvider) -> None:
    with here.store.transaction() as db:
        spare, by = accounts.named(db, "spare"), accounts.named(db, "administrator")
        assert spare
        assert by
        accounts.disable(db, by.viewer, spare.id, here.clock())
    there.subject = "spare"
    try:
        refused(here, there, "no account")
    finally:
        with here.store.transaction() as db:
            accounts.enable(db, by.viewer, spare.id, here.clock())


def test_an_answer_counts_once_in_the_browser_that_asked_and_in_time(here: Made, there: FakeProvider) -> None:
    client, other = here.client(), here.client()
    query = there.sign_in(client.get("/sign-in/oidc").headers["location"])
    state = re.search("state=([^&]+)", query)
    assert state
    assert client.get(f"{BACK}?{query}").status_code == 200
    client.cookies.set("homeround-state", state[1])
    assert client.get(f"{BACK}?{query}").status_code == 401  # again
    query = there.sign_in(client.get("/sign-in/oidc").headers["location"])
    assert other.get(f"{BACK}?{query}").status_code == 401  # another browser
    assert client.get(f"{BACK}?{query}").status_code == 401  # and the state is spent by that
    query = there.sign_in(client.get("/sign-in/oidc").headers["location"])
    here.clock.now += oidc_tries.LASTS + timedelta(seconds=1)
    assert client.get(f"{BACK}?{query}").status_code == 401
    assert client.get(f"{BACK}?state=unknown&code=code-0").status_code == 401


def test_who_only_sets_out_is_refused_in_the_end_and_who_comes_back_counts_for_nothing(
    here: Made, there: FakeProvider
) -> None:
    for i in range(Limits().address - 1):
        assert go_out(here.store, f"state {i}", Try("nonce", "verifier"), "testclient", here.clock())
    assert came_back(here.client(), there).status_code == 200
    client = here.client()
    answers = [client.get("/sign-in/oidc") for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 429]
    assert "Too many tries: wait 15 minutes" in answers[-1].text
    action, _, detail = here.lines()[-1]
    assert (action, '"limit":true' in detail, "testclient" in detail) == ("sign_in_refused", True, False)
    page = client.get("/sign-in").text
    form = {"csrf": token_of(page), "username": "gp", "password": "x"}
    assert client.post("/sign-in", data=form).status_code == 429  # the tries of one address are counted together
    here.clock.now += Limits().window + timedelta(minutes=1)
    assert client.get("/sign-in/oidc").status_code == 303


def test_a_page_elsewhere_cannot_use_up_the_tries(here: Made, there: FakeProvider) -> None:
    client = here.client()
    picture = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
    assert client.get("/sign-in/oidc", headers=picture).status_code == 403
    with here.store.reading() as db:
        before = db.scalar(select(func.count()).select_from(AttemptRow))
    client.get("/sign-in/oidc", headers=picture)
    with here.store.reading() as db:
        assert db.scalar(select(func.count()).select_from(AttemptRow)) == before


def test_another_providers_answer_and_a_refusal_there_sign_nobody_in(here: Made, there: FakeProvider) -> None:
    client = here.client()
    query = there.sign_in(client.get("/sign-in/oidc").headers["location"])
    assert client.get(f"{BACK}?{query}&iss=https://elsewhere.example").status_code == 401
    query = there.sign_in(client.get("/sign-in/oidc").headers["location"]).split("&code")[0]
    assert client.get(f"{BACK}?{query}&error=access_denied").status_code == 401


def test_a_provider_that_is_away_or_says_it_is_another_is_told(web: Made, there: FakeProvider) -> None:
    for issuer in ("http://127.0.0.1:9", f"{there.issuer}/"):
        room = replace(web.room, provider=Provider(issuer, CLIENT, SECRET))
        answer = replace(web, app=create_app(room), room=room).client().get("/sign-in/oidc")
        assert answer.status_code == 502
        assert "does not answer" in answer.text


def test_addresses_of_a_provider_are_https_or_on_this_machine() -> None:
    assert is_safe("https://login.example")
    assert is_safe("http://127.0.0.1:8080/x")
    assert not is_safe("http://login.example")
