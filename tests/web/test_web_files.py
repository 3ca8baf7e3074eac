"""Files with names from the room: whose, for what, told first, and nothing of anybody in a file's name."""

import io
import json
import re
import zipfile

import pytest
from bs4 import BeautifulSoup
from example_list import AS_OF, identities, resident
from made_web import DIED, MDT, MOVED, OBJECTS, OF_P1, OF_P2, Made, token_of
from openpyxl import load_workbook
from pypdf import PdfReader
from starlette.responses import Response

import serving.web.pages.files
from serving.copies import Copies
from serving.people import Known
from serving.web.pages.files import _answer

ADDRESS = f"/lists/{AS_OF}/{MDT}/files"


def asked(web: Made, role: str, **form: str) -> Response:
    client = web.client(role)
    return client.post(ADDRESS, data={"csrf": token_of(client.get(ADDRESS).text), **form})


@pytest.mark.parametrize("kind", ["fhir", "nhs-numbers", "calendar", "xlsx", "mdt"])
def test_each_file_opens_and_its_name_names_nobody(web: Made, kind: str) -> None:
    answer = asked(web, "mdt_lead", format=kind, purpose="mdt")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    name = re.fullmatch(r'attachment; filename="(review-list_[a-z0-9_.-]+)"', answer.headers["content-disposition"])
    assert name
    people = identities().values()
    assert not any(one.family_name.casefold() in name[1] or one.nhs_number in name[1] for one in people)
    assert opened(name[1], answer.content)


def opened(name: str, data: bytes) -> str:
    """What the file says, read by programs that are not ours."""
    match name.rpartition(".")[2]:
        case "json":
            assert json.loads(data)["resourceType"] == "Bundle"
            return data.decode()
        case "csv":
            assert data.startswith(b"NHS number,Date of Birth")
            return data.decode()
        case "xlsx":
            sheets = load_workbook(io.BytesIO(data), read_only=True)
            return str([list(sheet.values) for sheet in sheets])
        case "pdf":
            return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
        case _:
            assert data.startswith(b"BEGIN:VCALENDAR")
            return data.decode()


def test_a_gp_gets_a_file_of_their_residents_alone(web: Made) -> None:
    mine = opened("a.xlsx", asked(web, "gp", format="xlsx", purpose="round").content)
    assert "WHITFIELD" in mine.upper()
    assert "KENT" not in mine.upper()
    assert "not in this copy: other practices or teams see them" in mine
    _, _, detail = web.lines()[-1]
    told = json.loads(detail)
    assert OF_P1 in told["residents"]
    assert OF_P2 not in told["residents"]
    assert (told["as"], told["purpose"], told["as_of"]) == ("xlsx", "Home round", AS_OF.isoformat())


def test_nobody_is_in_a_file_who_died_moved_or_objected_since(web: Made) -> None:
    data = opened("a.xlsx", asked(web, "mdt_lead", format="xlsx", purpose="mdt").content)
    people = identities()
    for who in (DIED, MOVED, OBJECTS):
        assert people[who].nhs_number not in data.replace(" ", "")
    assert people[resident(0)].nhs_number in data.replace(" ", "")
    assert "In hospital now" in data


def test_several_files_and_what_to_know_of_them_come_as_one(web: Made) -> None:
    made = Copies({"list_1-of-2.csv": b"a", "list_2-of-2.csv": b"b"}, ("2 residents not in the files",))
    with zipfile.ZipFile(io.BytesIO(_answer(made, "team", AS_OF).body)) as archive:
        assert archive.namelist() == ["list_1-of-2.csv", "list_2-of-2.csv", "read-first.txt"]
        assert b"2 residents not in the files" in archive.read("read-first.txt")


def test_what_is_not_chosen_is_asked_for(web: Made) -> None:
    before = len([one for one in web.lines() if one[0] == "file_made"])
    answer = asked(web, "gp", format="pdf")
    assert answer.status_code == 400
    page = BeautifulSoup(answer.text, "html.parser")
    problem = page.find("a", href="#purpose")
    assert problem is not None
    assert problem.get_text(strip=True) == "Select what you need it for"
    assert page.find(id="purpose") is not None
    assert asked(web, "gp", format="exe", purpose="mdt").status_code == 400
    assert len([one for one in web.lines() if one[0] == "file_made"]) == before


def test_the_line_stands_before_the_file_is_made(web: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []

    def look(*_: object) -> None:
        found.append(web.lines()[-1][0])
        raise RuntimeError

    monkeypatch.setattr(serving.web.pages.files, "copies_of", look)
    answer = asked(web, "gp", format="xlsx", purpose="mdt")
    assert (found, answer.status_code) == (["file_made"], 500)
    assert "content-disposition" not in answer.headers


def test_without_names_there_is_no_file(web: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(web.room), "names", lambda *_: Known({}, "Names are not available"))
    answer = asked(web, "gp", format="xlsx", purpose="mdt")
    assert answer.status_code == 503
    assert "Names are not available" in answer.text
