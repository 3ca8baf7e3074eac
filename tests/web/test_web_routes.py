"""Every route as every role and as nobody: a new route must be in the table before it is merged."""

from typing import Any

import pytest
from example_list import AS_OF
from fastapi.routing import APIRoute
from made_web import MDT, OF_P1, OF_P2, ROUND, Made
from starlette.routing import Mount

import serving.web.pages.homes
from serving.web.api.common import PREFIX

ROLES = ("", "gp", "mdt_lead", "home_manager", "data_scientist", "administrator")
LIST, MISSING = f"/lists/{AS_OF}/{MDT}", f"/lists/{AS_OF}/nothing"
# Address: what nobody, a GP, an MDT's lead, a home's manager, a data scientist and an administrator are answered.
EXPECTED = {
    ("GET", "/about"): (200, 200, 200, 200, 200, 200),
    ("GET", "/healthz"): (200, 200, 200, 200, 200, 200),
    ("GET", "/sign-in"): (200, 200, 200, 200, 200, 200),
    ("POST", "/sign-in"): (403, 403, 403, 403, 403, 403),  # without the form's own token
    ("POST", "/sign-out"): (303, 303, 303, 303, 303, 303),
    ("GET", "/sign-in/oidc"): (404,) * 6,  # no provider here
    ("GET", "/sign-in/oidc/return"): (404,) * 6,
    ("GET", "/password"): (200, 200, 200, 200, 200, 200),
    ("POST", "/password"): (403, 403, 403, 403, 403, 403),
    ("GET", "/"): (303, 200, 200, 303, 303, 303),
    ("GET", "/lists"): (303, 200, 200, 403, 403, 403),
    ("GET", "/lists/{as_of}"): (303, 200, 200, 403, 403, 403),
    ("GET", "/lists/{as_of}/{slug}"): (303, 200, 200, 403, 403, 403),
    ("GET", "/lists/{as_of}/{slug}/files"): (303, 200, 200, 403, 403, 403),
    ("POST", "/lists/{as_of}/{slug}/files"): (303, 400, 400, 403, 403, 403),  # nothing chosen
    ("GET", "/weeks"): (303, 200, 200, 403, 403, 403),
    ("GET", "/search"): (303, 200, 200, 403, 403, 403),
    ("POST", "/search"): (303, 200, 200, 403, 403, 403),
    ("GET", "/residents/{resident_id}"): (303, 200, 200, 403, 403, 403),
    ("GET", f"{PREFIX}/me"): (401, 200, 200, 200, 200, 200),
    ("GET", f"{PREFIX}/openapi.json"): (401, 200, 200, 200, 200, 200),
    ("GET", f"{PREFIX}/weeks"): (401, 200, 200, 403, 403, 403),
    ("GET", f"{PREFIX}/lists/{{as_of}}"): (401, 200, 200, 403, 403, 403),
    ("GET", f"{PREFIX}/lists/{{as_of}}/{{slug}}"): (401, 200, 200, 403, 403, 403),
    ("GET", f"{PREFIX}/residents/{{resident_id}}"): (401, 200, 200, 403, 403, 403),
    ("GET", f"{PREFIX}/residents/{{resident_id}}/decisions"): (401, 200, 200, 403, 403, 403),
    ("POST", f"{PREFIX}/residents/{{resident_id}}/decisions"): (401, 409, 409, 403, 403, 403),  # of an older list
    ("GET", f"{PREFIX}/actions"): (401, 200, 200, 403, 403, 403),
    ("POST", f"{PREFIX}/actions/{{action_id}}/done"): (401, 404, 404, 403, 403, 403),
    ("POST", f"{PREFIX}/actions/{{action_id}}/cancel"): (401, 404, 404, 403, 403, 403),
    ("GET", "/actions"): (303, 200, 200, 403, 403, 403),
    ("POST", "/actions/{action_id}/done"): (303, 404, 404, 403, 403, 403),  # there is none
    ("POST", "/actions/{action_id}/cancel"): (303, 400, 400, 403, 403, 403),  # without a reason
    ("GET", "/additions"): (303, 200, 200, 200, 403, 403),
    ("POST", "/additions/find"): (303, 200, 200, 200, 403, 403),
    ("POST", "/additions/{addition_id}/answer"): (303, 404, 404, 403, 403, 403),  # there is none
    ("GET", "/residents/{resident_id}/add"): (303, 200, 200, 200, 403, 403),
    ("POST", "/residents/{resident_id}/add"): (303, 400, 400, 400, 403, 403),  # without a worry
    ("POST", "/residents/{resident_id}/decision"): (303, 400, 400, 403, 403, 403),  # an empty form
    ("GET", "/residents/{resident_id}/decisions/{decision_id}"): (303, 404, 404, 403, 403, 403),  # there is none
    ("POST", "/residents/{resident_id}/decisions/{decision_id}/undo"): (303, 404, 404, 403, 403, 403),
    ("GET", "/model"): (303, 403, 200, 403, 200, 403),
    ("GET", "/model/plots/{name}.svg"): (303, 403, 404, 403, 404, 403),  # nothing was drawn here
    ("GET", "/model/card"): (303, 403, 404, 403, 404, 403),
    ("GET", "/accounts"): (303, 403, 403, 403, 403, 200),
    ("GET", "/accounts/new"): (303, 403, 403, 403, 403, 200),
    ("POST", "/accounts/new"): (303, 403, 403, 403, 403, 400),
    ("GET", "/accounts/{account_id}"): (303, 403, 403, 403, 403, 200),
    ("POST", "/accounts/{account_id}/scope"): (303, 403, 403, 403, 403, 303),
    ("POST", "/accounts/{account_id}/password"): (303, 403, 403, 403, 403, 400),  # it signs in elsewhere
    ("POST", "/accounts/{account_id}/state"): (303, 403, 403, 403, 403, 303),
    ("GET", "/trail"): (303, 403, 403, 403, 403, 200),
    ("GET", "/trail/lines.csv"): (303, 403, 403, 403, 403, 200),
    ("GET", "/trail/check"): (303, 403, 403, 403, 403, 200),
    ("GET", "/homes"): (303, 200, 200, 303, 403, 403),
    ("GET", "/homes/{home_id}"): (303, 200, 200, 200, 403, 403),
    ("GET", "/homes/{home_id}/summary.pdf"): (303, 200, 200, 200, 403, 403),
    ("GET", "/homes/{home_id}/cards.pdf"): (303, 200, 200, 200, 403, 403),
    ("GET", "/homes/{home_id}/roster"): (303, 403, 403, 200, 403, 403),
    ("POST", "/homes/{home_id}/roster"): (303, 403, 403, 303, 403, 403),
    ("GET", "/homes/{home_id}/ask"): (303, 200, 200, 200, 403, 403),
    ("POST", "/homes/{home_id}/ask"): (303, 400, 400, 400, 403, 403),  # nobody is chosen
    ("GET", "/homes/{home_id}/shared"): (303, 200, 200, 403, 403, 403),
    ("POST", "/homes/{home_id}/shared/{release_id}/withdraw"): (303, 400, 400, 403, 403, 403),  # no reason is written
    ("GET", "/residents/{resident_id}/share"): (303, 200, 200, 403, 403, 403),
    ("POST", "/residents/{resident_id}/share"): (303, 400, 400, 403, 403, 403),  # nothing is chosen
}
# What a program sends.
JSON = {
    f"{PREFIX}/residents/{{resident_id}}/decisions": {
        "as_of": AS_OF.isoformat(),
        "slug": MDT,
        "digest": "of an older list",
        "form": "1",
        "outcome": "discussed_nothing",
    },
    f"{PREFIX}/actions/{{action_id}}/cancel": {"why": "no longer needed"},
}
PLACES = {
    "{as_of}": AS_OF.isoformat(),
    "{slug}": MDT,
    "{resident_id}": OF_P1,
    "{action_id}": "999",
    "{decision_id}": "999999",
    "{account_id}": "6",
    "{home_id}": "h1",
    "{release_id}": "999",
    "{addition_id}": "999999",
}


def test_every_route_is_in_the_table(web: Made) -> None:
    found, left = set(), list(web.app.routes)
    while left:
        route = left.pop()
        if isinstance(route, APIRoute):
            found |= {(method, route.path) for method in route.methods}
        elif not isinstance(route, Mount):  # of the static files alone
            left += route.original_router.routes
    assert found == set(EXPECTED)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(web: Made, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving.web.pages.homes, "to_pdf", str.encode)  # who may have it, not how it is made
    found = {}
    for method, path in EXPECTED:
        client = web.client(role)
        address = path
        for name, value in PLACES.items():
            address = address.replace(name, value)
        sent: dict[str, Any] = {}
        if method == "POST":
            token = client.get(f"{PREFIX}/me").json()["csrf"] if role else ""
            sent = {"data": {"text": "whitfield", "to": "enabled", "csrf": token}}
            if path.startswith(PREFIX):
                sent = {"json": JSON.get(path), "headers": {"x-csrf-token": token}}
        answer = client.request(method, address, **sent)
        found[method, path] = answer.status_code
        if answer.status_code == 303 and not role:
            assert answer.headers["location"] == "/sign-in"
    assert found == {key: row[ROLES.index(role)] for key, row in EXPECTED.items()}


def main_of(page: str) -> str:
    return page.split("<main")[1].split("</main>")[0]


def test_a_gp_sees_the_residents_of_their_practice_only(web: Made) -> None:
    client, before = web.client("gp"), len(web.lines())
    page = client.get(LIST).text
    assert "Joan WHITFIELD" in page
    assert "Mary KENT" not in page
    assert OF_P2 not in page
    assert client.get(f"/residents/{OF_P1}").status_code == 200
    refused, unknown = client.get(f"/residents/{OF_P2}"), client.get("/residents/nobody")
    assert refused.status_code == unknown.status_code == 404
    assert main_of(refused.text) == main_of(unknown.text)
    actions = [(action, who) for action, who, _ in web.lines()[before:]]
    assert actions == [("list_seen", ""), ("resident_seen", OF_P1), ("refused", OF_P2), ("refused", "")]


def test_the_trail_names_whom_a_list_showed(web: Made) -> None:
    web.client("gp").get(LIST)
    action, _, detail = web.lines()[-1]
    assert action == "list_seen"
    assert OF_P1 in detail
    assert OF_P2 not in detail


def test_a_list_of_other_homes_is_refused(web: Made) -> None:
    assert web.client("gp").get(f"/lists/{AS_OF}/{ROUND}").status_code == 200
    assert web.client("mdt_lead").get(MISSING).status_code == 404
