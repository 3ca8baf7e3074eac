"""The links in the header, by what the person may do. A new page that should stand there is one row more."""

from dataclasses import dataclass

from serving.access import Permission, Viewer, may


@dataclass(frozen=True)
class Link:
    """A link of the header; `current` marks the page that is open."""

    label: str
    address: str
    current: bool = False


_LINKS: tuple[tuple[Permission, str, str], ...] = (
    ("see_lists", "This week", "/lists"),
    ("see_lists", "Actions", "/actions"),
    ("see_home_page", "Homes", "/homes"),
    ("add_resident", "Added residents", "/additions"),
    ("see_lists", "Earlier weeks", "/weeks"),
    ("see_lists", "Find a resident", "/search"),
    ("see_model", "Model", "/model"),
    ("manage_accounts", "Accounts", "/accounts"),
    ("read_trail", "Who saw what", "/trail"),
)


def links_for(viewer: Viewer | None, path: str) -> tuple[Link, ...]:
    """The links that a person may follow."""
    allowed = [(label, address) for permission, label, address in _LINKS if viewer and may(viewer, permission)]
    return tuple(Link(label, address, path == address) for label, address in allowed)
