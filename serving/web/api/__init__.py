"""The room for programs: the same sign-ins, scopes, trail and functions as the pages, as JSON."""

from . import about, actions, decisions, lists, residents

PARTS = (about, lists, residents, decisions, actions)
