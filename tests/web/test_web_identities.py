"""Whatever the room answers, logs or keeps: a person finds nobody there whom they must not see."""

import io
import logging
import re
import zipfile
from collections.abc import Iterator

import pytest
from example_list import AS_OF, HOMES, identities, resident
from made_web import AWAY, DIED, MDT, MOVED, OBJECTS, OF_P1, OF_P2, ROUND, SCOPES, Made, made, token_of
from pypdf import PdfReader
from test_web_routes import EXPECTED, JSON, PLACES

from serving.access import SCOPED_BY
from serving.web.api.common import PREFIX

HOME_OF = {resident(i): HOMES[i % 4][0] for i in range(len(identities()))}
PRACTICE_HOMES, OWN_HOME = {"h1", "h2"}, {"h1"}
SEES = {"gp": PRACTICE_HOMES, "mdt_lead": {id for id, _ in HOMES}, "home_manager": OWN_HOME}
ASKED_FOR = (OF_P1, OF_P2, AWAY, DIED, MOVED, OBJECTS)
EVERY = {
    "{as_of}": (AS_OF.isoformat(),),
    "{slug}": (MDT, ROUND),
    "{resident_id}": ASKED_FOR,
    "{home_id}": tuple(id for id, _ in HOMES),
}
KINDS = ("pdf", "mdt", "xlsx", "nhs-numbers", "fhir", "calendar")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("identities"))


def addresses(path: str) -> Iterator[str]:
    """The route's addresses for each home and list, and for residents of every state."""
    found = [path]
    for name, values in EVERY.items():
        found = [one.replace(name, value) for one in found for value in (values if name in one else ("",))]
    for name, value in PLACES.items():
        found = [one.replace(name, value) for one in found]
    yield from found


def answers(room: Made, role: str) -> Iterator[tuple[str, str]]:
    """Every route's answer, as text, to every question that somebody may ask."""
    client = room.client(role)
    token = client.get(f"{PREFIX}/me").json()["csrf"] if role else ""
    for method, path in EXPECTED:
        if path.startswith(("/sign-", "/accounts/{")):  # they end the sign-in, or change what this test looks at
            continue
        for address in addresses(path):
            sent: dict[str, object] = {}
            if method == "POST":
                sent = {"data": {"csrf": token}, "headers": {"x-csrf-token": token}}
                if path.startswith(PREFIX):
                    sent = {"json": JSON.get(path), "headers": {"x-csrf-token": token}}
            yield f"{method} {address}", told(client.request(method, address, **sent).content)  # type: ignore[arg-type]
    for who in ASKED_FOR:
        for text in (identities()[who].family_name, identities()[who].nhs_number):
            for address in ("/search", "/additions/find"):
                answer = client.post(address, data={"csrf": token, "text": text})
                yield f"POST {address} for {who}", told(answer.content)
    for slug, kind in [(slug, kind) for slug in (MDT, ROUND) for kind in KINDS]:
        address = f"/lists/{AS_OF}/{slug}/files"
        answer = client.post(address, data={"csrf": token, "format": kind, "purpose": "mdt"})
        yield f"{address} {kind}", told(answer.content) + str(answer.headers)


def told(data: bytes) -> str:
    """What a page or a file tells a reader, whatever its kind."""
    if data.startswith(b"%PDF"):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return "\n".join(told(packed.read(name)) for name in packed.namelist())
    return data.decode("utf-8", "replace")


def named_in(text: str, residents: set[str]) -> set[str]:
    """Whose family name, NHS number or pseudonym stands there."""
    plain = text.casefold()
    digits = re.sub(r"(?<=\d)[\s\u00a0]+(?=\d)", "", plain)
    words = set(re.findall(r"[^\W_]+", plain))
    return {
        who
        for who, one in identities().items()
        if who in residents
        and (
            one.nhs_number in digits
            or who.casefold() in words
            or set(re.findall(r"[^\W_]+", one.family_name.casefold())) <= words
        )
    }


@pytest.mark.parametrize("role", ["", *SCOPES])
def test_no_answer_names_anybody_out_of_scope(
    room: Made, role: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    hidden = {who for who, home in HOME_OF.items() if home not in SEES.get(role, set())}
    # An administrator reads the trail, which tells residents by pseudonym; nobody else is told of a pseudonym either.
    found, seen = {}, set()
    for question, text in answers(room, role):
        if role == "administrator" and question.startswith("GET /trail"):
            text = re.sub(r"R\d{6}", "", text)
        # Whom a person asked for by name they knew already: the page may repeat what was typed.
        if wrong := named_in(text, {who for who in hidden if who not in question}):
            found[question] = wrong
        if role == "home_manager" and not question.endswith("openapi.json"):
            assert not re.search(r"\d+ in 100|\brank\b", re.sub("<[^>]*>", "", text), re.IGNORECASE), question
        seen |= named_in(text, set(HOME_OF) - hidden)
    assert not found
    assert bool(seen) == (role in SCOPED_BY), "the search finds what is there"
    logged = "\n".join(line.getMessage() for line in caplog.records if line.name != "httpx")  # it asks, we answer
    assert not named_in(logged + "".join(capfd.readouterr()), set(HOME_OF))


def test_a_page_that_is_refused_names_nobody(room: Made) -> None:
    client = room.client("gp")
    for who in (one for one, home in HOME_OF.items() if home not in PRACTICE_HOMES):
        for path in (
            f"/residents/{who}",
            f"/residents/{who}/share",
            f"/residents/{who}/add",
            f"{PREFIX}/residents/{who}",
        ):
            assert not named_in(told(client.get(path).content).replace(who, ""), {who}), path


def test_the_store_keeps_no_name_and_no_number_of_a_resident(room: Made) -> None:
    client = room.client("mdt_lead")
    for one in identities().values():
        for text in (one.family_name, one.nhs_number):
            client.post("/search", data={"csrf": token_of(client.get("/search").text), "text": text})
    url = room.store.engine.url.database
    assert url
    with room.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(url, "rb") as file:
        kept = file.read().decode("utf-8", "replace")
    digits = re.sub(r"(?<=\d)\s+(?=\d)", "", kept)
    for who, one in identities().items():
        assert who in kept, "the search finds what is there"
        assert one.nhs_number not in digits
        assert not re.search(rf"\b{re.escape(one.family_name)}\b", kept, re.IGNORECASE), who
