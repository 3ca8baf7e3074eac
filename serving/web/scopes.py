"""The practices, teams and homes there are, for whoever gives accounts their scope. No resident is looked at."""

from collections.abc import Mapping

from serving.access import SCOPED_BY, Role, Scope

from .room import Room

WORDS: Mapping[Role, str] = {
    "gp": "GP",
    "mdt_lead": "Lead of an MDT",
    "home_manager": "Manager of a home",
    "data_scientist": "Data scientist",
    "administrator": "Administrator",
}


def choices(room: Room, role: Role) -> Mapping[str, str]:
    """What a role's scope may be made of: names by id, in the order of names. Empty where the role sees no resident."""
    kind, register, week = SCOPED_BY.get(role), room.register(), room.lists.latest()
    found: Mapping[str, str] = {}
    if kind == "homes":
        found = {id_: home.label for id_, home in register.homes.items()}
    elif kind == "practices":
        found = {place.practice: place.practice for place in register.places.values() if place.practice}
    elif kind == "teams" and week:
        found = {one.id: one.label for one in week.teams.values()}
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def scope_of(role: Role, ids: frozenset[str]) -> Scope:
    """The scope of a role made of these ids; empty for a role that sees no resident."""
    kind = SCOPED_BY.get(role)
    return Scope(**{kind: ids}) if kind else Scope()
