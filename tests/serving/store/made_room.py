"""Two homes, two practices, one team, and somebody of each role: the people of the store's tests."""

from datetime import UTC, date, datetime, timedelta

from serving.access import COMMAND_LINE, Scope, Viewer
from serving.store import accounts, passwords, places
from serving.store.decisions import NewAction, NewDecision, Responded
from serving.store.places import Place

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
AS_OF = date(2026, 11, 16)
PASSWORD = "a long enough password"
# R1 and R2 live in Elm, R3 in Brook; R1 and R3 are with the practice of Dr Patel.
PLACES = (Place("R1", "elm", "north"), Place("R2", "elm", "south"), Place("R3", "brook", "north"))
TEAMS = {"mdt": ["elm"], "other": ["brook"]}
SEEN = {
    "patel": {"R1", "R3"},
    "singh": {"R2"},
    "lead": {"R1", "R2"},
    "elm": {"R1", "R2"},
    "brook": {"R3"},
    "data": set(),
    "admin": set(),
}
_PEOPLE = (
    ("patel", "Dr A. Patel", "gp", Scope(practices=frozenset({"north"}))),
    ("singh", "Dr B. Singh", "gp", Scope(practices=frozenset({"south"}))),
    ("lead", "Sam Lead", "mdt_lead", Scope(teams=frozenset({"mdt"}))),
    ("elm", "Manager of Elm", "home_manager", Scope(homes=frozenset({"elm"}))),
    ("brook", "Manager of Brook", "home_manager", Scope(homes=frozenset({"brook"}))),
    ("data", "Data Scientist", "data_scientist", Scope()),
    ("admin", "Administrator", "administrator", Scope()),
)


def furnish(store) -> dict[str, Viewer]:
    """Everybody's account and the residents' places; the people by their names to sign in with."""
    kept = passwords.chosen(PASSWORD, "somebody")
    with store.transaction() as session:
        places.refresh(session, PLACES, TEAMS)
        made = [
            accounts.create(session, COMMAND_LINE, username, name, role, scope, NOW, password=kept)
            for username, name, role, scope in _PEOPLE
        ]
    return {account.username: account.viewer for account in made}


def filled(form="f1", **given) -> NewDecision:
    """A form about R1 with two actions and one response, with `given` in place of the plain values."""
    plain = {
        "resident_id": "R1",
        "team_id": "mdt",
        "as_of": AS_OF,
        "revision": 1,
        "list_digest": "d" * 64,
        "form": form,
        "outcome": "discussed_actions",
        "wishes": "To stay at the home",
        "actions": (
            NewAction("Weigh her", "Elm House", AS_OF + timedelta(days=3)),
            NewAction("Review furosemide", "Dr A. Patel", AS_OF + timedelta(days=1)),
        ),
        "responses": (Responded("Falls", "2 falls in the last 28 days", "agree"),),
    }
    return NewDecision(**plain | given)
