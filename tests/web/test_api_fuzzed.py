"""Whatever is sent to the API by whomever: an answer that its document describes, and never a fault of ours."""

from collections.abc import Callable, Mapping
from functools import partial

import pytest
import schemathesis
from example_list import AS_OF
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy
from made_web import MDT, OF_P1, Made
from schemathesis import Case, GenerationMode

from serving.access import ROLES
from serving.web.api.common import PREFIX

# Values that exist, in place of half of the generated ones, so that requests get beyond "not found".
KNOWN = {"resident_id": OF_P1, "as_of": AS_OF.isoformat(), "slug": MDT, "action_id": 1, "home_id": "h1"}


@pytest.mark.thorough
@pytest.mark.parametrize("role", ROLES)
def test_generated_requests_find_no_fault(web: Made, role: str) -> None:
    client = web.client(role)
    schema = schemathesis.openapi.from_dict(client.get(f"{PREFIX}/openapi.json").json())
    headers = {"x-csrf-token": client.get(f"{PREFIX}/me").json()["csrf"]}
    statuses: set[int] = set()

    def send(case: Case, known: Mapping[str, object]) -> None:
        case.path_parameters = {**(case.path_parameters or {}), **{n: v for n, v in known.items() if n in case.path}}
        asked = case.as_transport_kwargs(base_url="http://localhost")
        asked["headers"] = {**asked["headers"], **headers}
        answer = client.request(**{name: asked[name] for name in asked if name != "cookies"})
        statuses.add(answer.status_code)
        assert answer.status_code < 500, (case.method, case.path)
        case.operation.validate_response(answer)

    for found in schema.get_all_operations():
        operation = found.ok()
        _generated(operation.as_strategy(GenerationMode.POSITIVE), partial(send, known=KNOWN))
        if "{" in operation.path:  # there is something to be wrong
            _generated(operation.as_strategy(GenerationMode.NEGATIVE), partial(send, known={}))
    assert statuses >= ({200, 422} if role in ("gp", "mdt_lead") else {200, 403})


def _generated(cases: SearchStrategy[Case], send: Callable[[Case], None]) -> None:
    @seed(7)
    @settings(max_examples=2, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def run(case: Case) -> None:
        send(case)

    run()
