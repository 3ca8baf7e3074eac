"""Where patients live is not in these resources: everyone stands as one home."""

import pandas as pd

from ..draft import Draft
from ..encounters import one_home
from ..encounters import write_stays as write
from ..tally import Tally
from .encounters import Encounters
from .people import People
from .values import instants


def write_stays(draft: Draft, people: People, encounters: Encounters, tally: Tally) -> None:
    """One home, and a stay from each patient's first encounter of any class to the last."""
    known = {who: span for who, span in encounters.spans.items() if who in people}
    begin, end = (instants(span[k] for span in known.values()).to_pandas() for k in (0, 1))
    stays = pd.DataFrame({"person_id": list(known), "moved_in": begin, "moved_out": end}).dropna()
    tally.notes.append("where patients live is not said: everyone stands as one home from the first encounter on")
    homes, stays = one_home(stays)
    write(draft, homes, stays, people.died)
