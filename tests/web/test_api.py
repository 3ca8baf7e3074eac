"""The API gives what the pages give, to the same people, keeps the same trail, and refuses in words."""

import pytest
from example_list import AS_OF, identities
from made_web import HELD, MDT, MOVED, OF_P1, OF_P2, Made
from starlette.testclient import TestClient

from serving.publish import team_slug
from serving.rows import to_jsonable
from serving.store import accounts, decisions
from serving.web.api.common import PREFIX

LIST = f"{PREFIX}/lists/{AS_OF}/{MDT}"
DECISIONS = f"{PREFIX}/residents/{OF_P1}/decisions"


def token(client: TestClient) -> dict[str, str]:
    return {"x-csrf-token": client.get(f"{PREFIX}/me").json()["csrf"]}


def filled(client: TestClient, **given: object) -> dict[str, object]:
    digest = client.get(LIST).json()["digest"]
    return {
        "as_of": AS_OF.isoformat(),
        "slug": MDT,
        "digest": digest,
        "outcome": "discussed_nothing",
        "form": "f",
    } | given


def test_a_list_holds_the_entries_of_the_page_and_tells_the_trail_alike(web: Made) -> None:
    client, before = web.client("gp"), len(web.lines())
    found = client.get(LIST).json()
    page = client.get(f"/lists/{AS_OF}/{MDT}").text
    by_api, by_page = web.lines()[before:]
    assert by_api == by_page
    ids = [row["entry"]["resident_id"] for row in found["rows"]]
    assert OF_P1 in ids
    assert OF_P2 not in ids
    assert all(who in page for who in ids)
    entry = next(one for one in web.room.lists.week(AS_OF).lists[MDT].entries if one.resident_id == OF_P1)
    row = next(row for row in found["rows"] if row["entry"]["resident_id"] == OF_P1)
    assert row["entry"] == to_jsonable(entry)
    assert row["identity"]["family_name"] == identities()[OF_P1].family_name


def test_a_list_that_is_held_back_says_why(web: Made) -> None:
    answer = web.client("mdt_lead").get(f"{PREFIX}/lists/{AS_OF}/{team_slug(HELD)}")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "NEWS2 readings are older than 28 days"
    assert web.client("mdt_lead").get(f"{PREFIX}/lists/{AS_OF}/another").status_code == 404


def test_somebody_who_moved_away_has_no_estimate(web: Made) -> None:
    found = web.client("mdt_lead").get(f"{PREFIX}/residents/{MOVED}").json()
    assert found["state"] == "moved"
    assert found["lists"] == []


def test_a_decision_is_kept_once_with_its_actions_and_can_be_ended(web: Made) -> None:
    client = web.client("gp")
    action = {"what": "Weigh on Thursday", "owner": "Elm House", "due_on": "2026-11-20"}
    sentence = client.get(f"{PREFIX}/residents/{OF_P1}").json()["lists"][0]["entry"]["reasons"][0]["sentence"]
    new = filled(
        client,
        form="kept-once",
        outcome="discussed_actions",
        actions=[action],
        responses=[{"sentence": sentence, "response": "agree"}],
    )
    first, again = (client.post(DECISIONS, json=new, headers=token(client)) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    with web.store.reading() as db:
        account = accounts.named(db, "gp")
        assert account
        kept = decisions.history(db, account.viewer, OF_P1)[0]
    assert (kept.id, kept.actions[0].what) == (first.json()["decision"]["id"], "Weigh on Thursday")
    assert ("decided", OF_P1) in [(what, who) for what, who, _ in web.lines()]
    address = f"{PREFIX}/actions/{kept.actions[0].id}/done"
    assert client.post(address, headers=token(client)).status_code == 200
    late = client.post(address, headers=token(client))
    assert late.status_code == 422
    assert "has already said" in late.json()["errors"]["action"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"outcome": "discussed_actions"}, "actions"),
        ({"outcome": "not_suitable"}, "not_suitable_reason"),
        ({"review_on": "2020-01-01"}, "review_on"),
        ({"based_on": 2**31 - 1}, "based_on"),
        ({"responses": [{"sentence": "of another list", "response": "agree"}]}, "responses"),
        ({"note": "x" * 4001}, "body.note"),
        ({"note_": ""}, "body.note_"),
    ],
)
def test_what_must_be_mended_is_told_by_field_and_nothing_is_kept(web: Made, given: dict, field: str) -> None:
    client = web.client("gp")
    before = len(client.get(DECISIONS).json()["decisions"])
    answer = client.post(DECISIONS, json=filled(client, form="wrong", **given), headers=token(client))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert len(client.get(DECISIONS).json()["decisions"]) == before


def test_a_decision_needs_the_token_of_the_sign_in_and_the_list_in_force(web: Made) -> None:
    client, other = web.client("gp"), web.client("mdt_lead")
    new = filled(client, form="tokens")
    assert client.post(DECISIONS, json=new).status_code == 403
    assert client.post(DECISIONS, json=new, headers=token(other)).status_code == 403
    cross = {**token(client), "sec-fetch-site": "cross-site"}
    assert client.post(DECISIONS, json=new, headers=cross).status_code == 403
    assert client.post(DECISIONS, json=new | {"digest": "0"}, headers=token(client)).status_code == 409
    assert client.post(DECISIONS, json=new | {"slug": "another"}, headers=token(client)).status_code == 404


def test_residents_of_others_are_not_told_apart_from_nobody(web: Made) -> None:
    client = web.client("gp")
    theirs, nobody = (client.get(f"{PREFIX}/residents/{who}/decisions") for who in (OF_P2, "nobody"))
    assert theirs.status_code == 404
    assert theirs.json() == nobody.json()
    assert client.get(f"{PREFIX}/residents/{'x' * 201}").status_code == 422
