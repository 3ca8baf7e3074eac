"""Numbers to ring and the mail from the settings: what is missing is named, and the password is no setting."""

from pathlib import Path

import pytest

from features.problems import UsageError
from flows import plain, plain_home
from flows.settings import Settings, load

ROOT = Path(__file__).parents[2]
SET = '[mail]\nhost = "mail.example"\nsender = "a@nhs.net"\nsender_name = "Surgery"\nroom = "https://room.example/"\n'


def settings(folder: Path, text: str) -> Settings:
    path = folder / "homeround.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_the_numbers_as_they_come_serve_invented_people_only(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("HOMEROUND_SETTINGS", raising=False)
    text = (ROOT / "homeround.toml").read_text(encoding="utf-8")
    found = plain_home.directory(settings(tmp_path, text)).contacts("Elm House", "p1")
    assert found.surgery.phone == "01632 960001"
    real = text.replace('reference = "synthetic data"', 'reference = "sharing agreement 12"')
    with pytest.raises(UsageError, match="Add a contact number for Elm House: the surgery, the urgent response team"):
        plain_home.directory(settings(tmp_path, real)).contacts("Elm House", "p1")


def test_a_named_practice_has_its_own_surgery(tmp_path) -> None:
    own = '[contact]\nurgent_response = "01234 1"\n[[contact.surgeries]]\npractice = "p1"\nname = "Oak"\nphone = "01234 2"\nhours = "8am"\n'
    found = plain_home.directory(settings(tmp_path, own))
    assert found.contacts("Elm House", "p1").surgery.name == "Oak"
    with pytest.raises(UsageError, match="the surgery"):
        found.contacts("Ash Lodge", "p2")


def test_mail_says_what_is_not_set_and_takes_its_password_from_a_secret(tmp_path, monkeypatch) -> None:
    with pytest.raises(UsageError, match="set host, sender, sender_name, room in"):
        plain_home.mail_server(settings(tmp_path, ""))
    monkeypatch.delenv("HOMEROUND_SECRET_MAIL_PASSWORD", raising=False)
    assert plain_home.mail_server(settings(tmp_path, SET)).password == ""
    signed = settings(tmp_path, SET + 'user = "room"\nca_file = "mail.pem"\n')
    with pytest.raises(UsageError, match="HOMEROUND_SECRET_MAIL_PASSWORD"):
        plain_home.mail_server(signed)
    monkeypatch.setenv("HOMEROUND_SECRET_MAIL_PASSWORD", "swordfish")
    server = plain_home.mail_server(signed)
    assert (server.user, server.password, server.security) == ("room", "swordfish", "starttls")
    assert server.ca_file == tmp_path / "mail.pem"
    assert "swordfish" not in repr(server)


def test_mail_carries_no_file_unless_asked(tmp_path) -> None:
    policy = plain_home.mail_policy(settings(tmp_path, SET + 'allowed_domains = ["Elm.example"]\n'))
    assert not policy.attachments
    assert policy.allowed_domains == {"elm.example"}
    assert policy.accredited_domains == {"nhs.net"}


def test_numbers_and_mail_change_no_list(tmp_path) -> None:
    assert settings(tmp_path, SET).digest() == settings(tmp_path, '[contact]\nphone = "1234"\n').digest()


def test_a_sites_own_table_starts_at_the_settings_and_is_told_apart_by_its_content(tmp_path) -> None:
    given = settings(tmp_path, '[soft_signs]\ntable = "signs.csv"\n')
    with pytest.raises(UsageError, match=str(tmp_path / "signs.csv")):
        plain.soft_signs(given)
    ours = (ROOT / "serving/summary/soft_signs.csv").read_bytes()
    (tmp_path / "signs.csv").write_bytes(ours + b"watch-more,,,watch,More,,,,,,,2027-11-30\n")
    own, packaged = plain.list_rules(given).soft_signs, plain.soft_signs(settings(tmp_path, ""))
    assert len(own.rules) == len(packaged.rules) + 1
    assert own.digest != packaged.digest
