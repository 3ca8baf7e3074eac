"""Other outcomes and horizons for the rows of a matrix, without computing their features again."""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from .build import with_outcomes
from .codelists.outcomes import definition
from .cohort import sorted_ids
from .history import History
from .matrix import Matrix
from .outcomes import Moments, Outcomes, outcomes

OUTCOME_COLUMNS = ("state", "label", "followed_days", "any_label", "any_followed_days", "admitted_on")


def moments(rows: pa.Table) -> Moments:
    """Who is asked for, and when, of the rows of a matrix, in their order."""
    residents = sorted_ids(rows["resident_id"])
    days = rows["as_of"].cast(pa.date32()).combine_chunks()
    as_ofs = sorted_ids(pa.chunked_array([days]))
    entity = pc.index_in(rows["resident_id"].combine_chunks(), residents).to_numpy()
    return Moments(residents, tuple(as_ofs.to_pylist()), entity, pc.index_in(days, as_ofs).to_numpy())


def outcomes_of(
    history: History, rows: pa.Table, outcome: str, *, horizon_days: int, delay_days: int, known_before: date
) -> Outcomes:
    """What happened in the horizon after each row of a matrix, as known before the cut-off."""
    span = {"horizon_days": horizon_days, "delay_days": delay_days}
    return outcomes(history, moments(rows), definition(outcome), **span, known_before=known_before)


def relabelled(matrix: Matrix, main: Outcomes, any_emergency: Outcomes) -> Matrix:
    """The matrix with these outcomes in place of those it has, if any."""
    rows = matrix.rows.drop_columns([name for name in OUTCOME_COLUMNS if name in matrix.rows.column_names])
    return with_outcomes(Matrix(rows, matrix.X, matrix.names), main, any_emergency)
