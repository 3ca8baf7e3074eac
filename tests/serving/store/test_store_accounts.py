"""Accounts, passwords, sign-ins and their ends, and the limit of tries."""

from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from made_room import NOW, PASSWORD
from sqlalchemy import select, update

from features.problems import UsageError
from serving.access import COMMAND_LINE, NotAllowed, Scope
from serving.store import accounts, passwords, places, sessions, sign_in, trail
from serving.store.passwords import Hashed
from serving.store.sessions import Lifetimes, Started
from serving.store.sign_in import Limits, Refused
from serving.store.tables import AccountRow, AttemptRow, SessionRow

LIVES = Lifetimes(idle=timedelta(minutes=20), absolute=timedelta(hours=10))
MINUTE = timedelta(minutes=1)
KEPT = Hashed("a hash")


def enter(store, name="patel", password=PASSWORD, address="10.0.0.1", now=NOW, limits=None):
    return sign_in.sign_in(store, name, password, address, now, LIVES, limits)


def found(store, started, now):
    with store.reading() as session:
        return sessions.find(session, started.token, now, LIVES)


def test_the_right_password_signs_in_however_the_name_is_typed(store, people):
    started = enter(store, "  PATEL ")
    who = found(store, started, NOW)
    assert who.viewer == people["patel"]
    assert sessions.is_own_form(who, started.csrf_token)
    assert not sessions.is_own_form(who, "another")
    assert not sessions.is_own_form(who, "ä\ud800")


@pytest.mark.parametrize(
    ("name", "password"),
    [("patel", "wrong"), ("nobody", PASSWORD), ("patel", ""), ("", ""), ("\x00\ud800", "\x00\ud800")],
)
def test_anything_else_is_refused_alike(store, people, name, password):
    assert enter(store, name, password) == Refused(sign_in.WRONG)


def test_a_name_that_is_not_there_is_checked_against_a_password_all_the_same(monkeypatch):
    checked = []

    class Hasher(PasswordHasher):
        def verify(self, stored, password):
            checked.append(stored)
            return super().verify(stored, password)

    monkeypatch.setattr(passwords, "_HASHER", Hasher(time_cost=1, memory_cost=8, parallelism=1))
    assert not passwords.matches(None, "the password of nobody")
    assert checked[0].startswith("$argon2id$v=19$m=8,t=1,p=1$")


def test_the_store_holds_neither_tokens_nor_passwords_nor_what_was_typed_as_a_name(store, people):
    started = enter(store)
    enter(store, "typed-a-password-here", "x")
    with store.reading() as session:
        rows = [
            str(vars(row)) for table in (AccountRow, SessionRow, AttemptRow) for row in session.scalars(select(table))
        ]
        rows += [str(line) for line in trail.lines(session, people["admin"])]
    told = "\n".join(rows)
    assert "typed-a-password-here" not in told
    assert started.token not in told
    assert PASSWORD not in told
    assert "10.0.0.1" not in told


def test_a_sign_in_ends_when_it_is_not_used_and_in_any_case_after_a_day_of_work(store, people):
    started = enter(store)
    assert found(store, started, NOW + LIVES.idle - MINUTE).stale
    assert found(store, started, NOW + LIVES.idle) is None
    now = NOW
    while now < NOW + LIVES.absolute - MINUTE:
        who = found(store, started, now)
        with store.transaction() as session:
            sessions.seen(session, who.session_id, now)
        now += timedelta(minutes=19)
    assert found(store, started, NOW + LIVES.absolute) is None


def test_signing_out_ends_one_and_a_new_password_ends_all(store, people):
    one, two = enter(store), enter(store)
    with store.transaction() as session:
        sessions.end(session, sessions.find(session, one.token, NOW, LIVES).session_id, NOW)
    assert found(store, one, NOW) is None
    assert found(store, two, NOW)
    anew = passwords.chosen("another long password", "patel")
    with store.transaction() as session:
        accounts.set_password(session, people["patel"], people["patel"].account_id, anew, NOW)
    assert found(store, two, NOW) is None
    assert enter(store) == Refused(sign_in.WRONG)
    assert isinstance(enter(store, password="another long password"), Started)


def test_a_disabled_account_is_out_at_once_until_it_is_enabled(store, people):
    started, patel = enter(store), people["patel"].account_id
    with store.transaction() as session:
        accounts.disable(session, people["admin"], patel, NOW)
    assert found(store, started, NOW) is None
    assert enter(store) == Refused(sign_in.WRONG)
    with store.transaction() as session:
        accounts.enable(session, people["admin"], patel, NOW)
    assert found(store, started, NOW) is None
    assert isinstance(enter(store), Started)


def test_a_changed_scope_holds_from_the_next_page_on(store, people):
    started = enter(store)
    with store.transaction() as session:
        south = Scope(practices=frozenset({"south"}))
        accounts.set_scope(session, people["admin"], people["patel"].account_id, south, NOW)
    with store.reading() as session:
        who = sessions.find(session, started.token, NOW, LIVES).viewer
        assert places.visible(session, who) == {"R2": "elm"}
        assert places.homes(session, who) == {"elm"}


def test_a_weaker_hash_is_made_anew_at_the_next_sign_in(store, people, monkeypatch):
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", stronger)
    enter(store)
    with store.reading() as session:
        stored = accounts.password_hash(session, "patel", NOW)
    assert "m=16,t=2" in stored
    assert stronger.verify(stored, PASSWORD)


def test_too_many_tries_of_a_name_from_an_address_are_refused_even_with_the_right_password(store, people):
    for _ in range(5):
        assert not enter(store, password="wrong").wait
    assert enter(store).wait
    assert isinstance(enter(store, address="10.0.0.2"), Started), "elsewhere its owner still gets in"
    assert isinstance(enter(store, now=NOW + timedelta(minutes=16)), Started)


@pytest.mark.parametrize(
    ("limits", "tries"),
    [
        (Limits(name=3), [("patel", f"10.0.0.{i}") for i in range(3)]),
        (Limits(address=3), [(f"name{i}", "10.0.0.1") for i in range(3)]),
    ],
    ids=["of a name", "of an address"],
)
def test_tries_are_limited_across_addresses_and_across_names(store, people, limits, tries):
    for name, address in tries:
        assert not enter(store, name, "wrong", address, limits=limits).wait
    assert enter(store, "patel", limits=limits).wait


def test_a_success_clears_own_tries_but_not_those_at_other_names(store, people):
    limits = Limits(name_and_address=3, address=4)
    for _ in range(2):
        enter(store, password="wrong", limits=limits)
    assert isinstance(enter(store, limits=limits), Started)
    for _ in range(2):
        assert not enter(store, password="wrong", limits=limits).wait
    assert enter(store, limits=limits).wait


def test_every_refusal_is_in_the_trail_with_the_account_it_was_about(store, people):
    enter(store, password="wrong")
    with store.reading() as session:
        line = trail.lines(session, people["admin"], most=1)[0]
    assert line.action == "sign_in_refused"
    assert f'"account":{people["patel"].account_id}' in line.detail


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"username": "Patel"}, "already an account patel"),
        ({"username": " "}, "needs a name"),
        ({"password": None}, "either by a password or by the subject"),
        ({"scope": Scope(homes=frozenset({"elm"}))}, "is for practices, not for homes"),
        ({"role": "administrator", "scope": Scope(teams=frozenset({"mdt"}))}, "is for no residents, not for teams"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_words(store, people, given, said):
    plain = {"username": "new.person", "name": "New", "role": "gp", "scope": Scope(), "password": KEPT}
    with pytest.raises(UsageError, match=said), store.transaction() as session:
        accounts.create(session, COMMAND_LINE, now=NOW, **plain | given)
    with store.reading() as session:
        assert len(accounts.listed(session, people["admin"])) == len(people)


@pytest.mark.parametrize(
    ("password", "said"),
    [("short", "12 to 200 characters"), ("x" * 201, "12 to 200"), ("new.Person123", "does not hold the name")],
)
def test_a_password_that_is_easily_guessed_is_refused_in_words(store, people, password, said):
    with pytest.raises(UsageError, match=said):
        passwords.chosen(password, "new.person")
    with pytest.raises(UsageError, match="12 to 200"):
        sign_in.choose_password(store, "patel", PASSWORD, "short", "10.0.0.1", NOW)


def test_nobody_waits_to_write_while_a_password_is_hashed_or_checked(store, people, monkeypatch):
    writes = []

    class Hasher(PasswordHasher):
        def hash(self, *given, **named):
            write(store, writes)
            return super().hash(*given, **named)

        def verify(self, *given):
            write(store, writes)
            return super().verify(*given)

    monkeypatch.setattr(passwords, "_HASHER", Hasher(time_cost=2, memory_cost=8, parallelism=1))
    assert isinstance(enter(store), Started)
    assert len(writes) == 2, "checked, and hashed anew because the settings are others"
    assert sign_in.choose_password(store, "patel", PASSWORD, "another long one", "10.0.0.1", NOW) is None
    assert len(writes) == 4
    assert isinstance(enter(store, password="another long one"), Started)


def write(store, writes):
    with store.transaction() as session:
        session.execute(update(AccountRow).values(name=AccountRow.name))
    writes.append(1)


def test_only_who_may_manages_accounts(store, people):
    data, own = people["data"], people["data"].account_id
    for act in (
        lambda s: accounts.create(s, data, "x", "X", "gp", Scope(), NOW, password=KEPT),
        lambda s: accounts.set_scope(s, data, own, Scope(), NOW),
        lambda s: accounts.set_password(s, data, people["patel"].account_id, KEPT, NOW),
        lambda s: accounts.disable(s, data, people["patel"].account_id, NOW),
        lambda s: accounts.enable(s, data, own, NOW),
        lambda s: accounts.listed(s, data),
    ):
        with pytest.raises(NotAllowed), store.transaction() as session:
            act(session)
    with pytest.raises(UsageError, match="own account"), store.transaction() as session:
        accounts.disable(session, people["admin"], people["admin"].account_id, NOW)


def test_an_account_of_an_oidc_provider_has_no_password(store, people):
    with store.transaction() as session:
        made = accounts.create(session, people["admin"], "oidc", "O", "data_scientist", Scope(), NOW, subject="sub|1")
        assert accounts.of_subject(session, "sub|1") == made
        assert accounts.of_subject(session, "sub|2") is None
        with pytest.raises(UsageError, match="provider"):
            accounts.set_password(session, people["admin"], made.id, KEPT, NOW)
    assert enter(store, "oidc", "") == Refused(sign_in.WRONG)
    with store.transaction() as session:
        accounts.disable(session, people["admin"], made.id, NOW)
        assert accounts.of_subject(session, "sub|1") is None


def test_a_moment_without_a_zone_is_refused(store, people):
    with pytest.raises(Exception, match="needs a time zone"), store.transaction() as session:
        sessions.seen(session, 1, datetime(2026, 11, 16, 9))
