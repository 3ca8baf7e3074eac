"""Who may do what in the review room, and for whom: a table of roles, without a database or a page.

A role says what a person may do, a scope for whom. A GP sees the residents registered with their practices, the lead of
an MDT those of the team's homes, a home's manager what was released to the home. Nobody else sees a resident.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from features.problems import UsageError

Role = Literal["gp", "mdt_lead", "home_manager", "data_scientist", "administrator"]
Permission = Literal[
    "see_lists",  # the lists, residents' pages and their decisions
    "decide",  # record a decision, settle its actions
    "add_resident",  # ask that somebody is talked about whom the list left out
    "answer_addition",
    "release_summary",  # let a home see what to watch for; take it back
    "see_home_page",
    "check_roster",  # say who has arrived, left or is in hospital
    "download_named",  # files with names
    "see_model",
    "manage_accounts",
    "read_trail",
]
Kind = Literal["practices", "teams", "homes"]

ROLES: tuple[Role, ...] = get_args(Role)
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
_CLINICIAN: frozenset[Permission] = frozenset(
    ("see_lists", "decide", "add_resident", "answer_addition", "release_summary", "see_home_page", "download_named")
)
ALLOWED: dict[Role, frozenset[Permission]] = {
    "gp": _CLINICIAN,
    "mdt_lead": _CLINICIAN | {"see_model"},
    "home_manager": frozenset(("see_home_page", "check_roster", "add_resident")),
    "data_scientist": frozenset(("see_model",)),
    "administrator": frozenset(("manage_accounts", "read_trail")),
}
# What a role's scope is made of; a role that is not here reaches no resident.
SCOPED_BY: dict[Role, Kind] = {"gp": "practices", "mdt_lead": "teams", "home_manager": "homes"}


class NotAllowed(UsageError):
    """This person may not do this, or not for this resident or home. It does not say whether they exist."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom: the ids of practices, teams or homes. Empty is nobody."""

    practices: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    homes: frozenset[str] = frozenset()

    def of(self, kind: Kind) -> frozenset[str]:
        """The ids of one kind."""
        return {"practices": self.practices, "teams": self.teams, "homes": self.homes}[kind]


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who asks."""

    account_id: int
    username: str
    name: str
    role: Role
    scope: Scope


# Whoever runs a command on the machine itself: may make the first account.
COMMAND_LINE = Viewer(0, "command line", "Command line", "administrator", Scope())


def may(viewer: Viewer, permission: Permission) -> bool:
    """Whether the person's role allows this at all; for whom is a question of scope."""
    return permission in ALLOWED[viewer.role]


def require(viewer: Viewer, permission: Permission) -> None:
    """Raises NotAllowed where the role does not allow this."""
    if not may(viewer, permission):
        raise NotAllowed("your account does not allow this: ask who manages accounts")
