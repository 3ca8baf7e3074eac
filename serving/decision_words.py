"""What people decide, answer and say in fixed words: the store keeps the key, every page and text shows the words."""

from collections.abc import Mapping
from types import MappingProxyType


def _words(**words: str) -> Mapping[str, str]:
    return MappingProxyType(words)


OUTCOMES = _words(
    discussed_actions="Discussed: actions",
    discussed_nothing="Discussed: nothing to change",
    not_suitable="Not suitable",
    next_week="Discuss next week",
)
NOT_SUITABLE = _words(
    end_of_life="End of life",
    in_hospital="In hospital",
    moved="Moved away",
    died="Died",
    declined="The resident does not want a review",
    other="Another reason, written in the notes",
)
CAPACITY = _words(
    has_capacity="Has capacity for this decision",
    lacks_capacity="Lacks capacity for this decision",
    not_assessed="Not assessed",
)
RESPONSES = _words(
    agree="Agree",
    dealt_with="Already dealt with",
    not_right="Not right",
    not_relevant="Not relevant",
)
ANSWERS = _words(
    will_discuss="We will discuss this resident",
    seen_already="Seen or dealt with already",
    not_this_week="Not this week",
)
ROLES = _words(
    gp="GP",
    mdt_lead="MDT lead",
    home_manager="home manager",
    data_scientist="data scientist",
    administrator="administrator",
)
