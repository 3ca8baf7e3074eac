"""A mail says how many and where to sign in, never who; marked for its recipient, and with a file only where allowed."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from example_home import MONDAY, NAMES, NOW, NUMBERS, summary
from hypothesis import given
from hypothesis import strategies as st

from features.problems import UsageError
from serving.mail.message import Letter, Sender, home_letter, notice, team_letter, with_file
from serving.mail.policy import Policy, file_name, marked, recipient

SENDER = Sender("review@surgery.example", "Oakfield Surgery", "https://room.example/")
OPEN = Policy(attachments=True, allowed_domains=frozenset({"elmhouse.example", "nhs.net"}))


def read(message):
    return message_from_bytes(message.as_bytes(), policy=default)


def test_by_default_a_mail_has_no_word_about_a_resident() -> None:
    made = notice(home_letter(summary(3), SENDER), "manager@elmhouse.example", SENDER, Policy(), NOW)
    text = made.as_string()
    assert "3 residents to look out for" in text
    assert "Sign in to read the summary: https://room.example/" in text
    for given_, family, *_ in NAMES:
        assert given_ not in text
        assert family.lower() not in text.lower()
    assert not any(number in re.sub(r"\D", "", text) for number in NUMBERS)
    assert not re.search(r"room \d|born|1938|fall|weight|drink", text.lower())
    assert not made.is_multipart()


def test_a_mail_names_its_sender_and_has_one_recipient_and_one_link() -> None:
    read_ = read(notice(team_letter("North MDT", MONDAY, 10, 3, SENDER), "mdt@nhs.net", SENDER, Policy(), NOW))
    assert read_["From"] == "Oakfield Surgery <review@surgery.example>"
    assert read_["To"] == "mdt@nhs.net"
    assert read_["Cc"] is None
    assert read_["Bcc"] is None
    assert read_["Subject"] == "Review list ready: North MDT"
    body = read_.get_content()
    assert "Week of 16 November 2026: 10 residents are listed for review (3 new)." in body
    assert body.count("https://") == 1
    assert "1 resident is listed" in team_letter("North MDT", MONDAY, 1, 0, SENDER).body


def test_the_same_letter_to_the_same_address_keeps_its_id_and_no_other_has_it() -> None:
    letter = home_letter(summary(3), SENDER)
    ids = [
        notice(one, to, SENDER, Policy(), NOW)["Message-ID"]
        for one, to in (
            (letter, "a@nhs.net"),
            (letter, "a@nhs.net"),
            (letter, "b@nhs.net"),
            (home_letter(summary(2), SENDER), "a@nhs.net"),
        )
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("to", "secure"),
    [
        ("a@nhs.net", False),
        ("a@NHS.NET", False),
        ("a@elmhouse.example", True),
        ("a@nhs.net.example", True),
        ("a@care.nhs.net", True),
    ],
)
def test_every_domain_but_an_accredited_one_is_marked_secure(to: str, secure: bool) -> None:
    assert marked("Weekly summary ready", to, Policy()) == ("[secure] " if secure else "") + "Weekly summary ready"
    assert marked("[secure] Weekly summary ready", to, Policy()).count("[secure]") == secure
    assert (
        read(notice(home_letter(summary(1), SENDER), to, SENDER, Policy(), NOW))["Subject"].startswith("[secure]")
        == secure
    )


def test_a_file_goes_only_where_the_site_said_so() -> None:
    letter = home_letter(summary(3), SENDER)
    for to, policy, why in (
        ("a@elmhouse.example", Policy(), "files are not sent by mail"),
        ("a@gmail.example", OPEN, "gmail.example may not be sent a file"),
        ("a@sub.elmhouse.example", OPEN, "sub.elmhouse.example may not be sent a file"),
    ):
        with pytest.raises(UsageError, match=why):
            with_file(letter, to, SENDER, policy, summary(3), "h1", b"%PDF-")
    made = read(with_file(letter, "a@elmhouse.example", SENDER, OPEN, summary(3), "h1", b"%PDF-1.7 Joan"))
    (file,) = made.iter_attachments()
    assert re.fullmatch(r"home-summary_elm-house-[0-9a-f]{8}_2026-11-16\.pdf", file.get_filename())
    assert file.get_content() == b"%PDF-1.7 Joan"
    assert file.get_content_type() == "application/pdf"
    assert made["Subject"] == "[secure] Weekly summary ready: Elm House"
    assert "holds personal information" in made.get_body().get_content()


@given(st.text(max_size=60))
def test_a_homes_name_adds_no_header_and_no_path(label: str) -> None:
    letter = home_letter(replace(summary(1), home_label=label), SENDER)
    made = read(notice(letter, "a@nhs.net", SENDER, Policy(), NOW))
    assert sorted(made.keys()) == sorted(read(notice(Letter("x", "y"), "a@nhs.net", SENDER, Policy(), NOW)).keys())
    assert re.fullmatch(r"home-summary_[a-z0-9-]+_2026-11-16\.pdf", file_name(label, "h1", MONDAY))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "a@nhs.net, b@nhs.net",
        "A <a@nhs.net>",
        "a@nhs.net\nBcc: b@x.org",
        "a@nhs.net\n",
        "a b@nhs.net",
        "é@nhs.net",
        "a@@nhs.net",
    ],
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="one mail address"):
        recipient(address)


@pytest.mark.parametrize(
    "room", ["http://room.example/", "room.example", "https://room.example/?resident=1", "https://room.example/#r1", ""]
)
def test_the_rooms_address_is_encrypted_and_tells_of_nobody(room: str) -> None:
    with pytest.raises(UsageError, match="begins with https://"):
        home_letter(summary(1), replace(SENDER, room=room))


def test_nothing_shared_means_no_mail() -> None:
    with pytest.raises(UsageError, match="nothing is shared with Elm House"):
        home_letter(summary(0), SENDER)
