"""A block's log, taken apart: stays, spells and who has gone, as whole-number tables."""

import numpy as np

from . import emit as e

(S_RESIDENT, S_HOME, S_IN_DAY, S_IN_SECOND, S_OUT_DAY, S_OUT_SECOND, S_TYPE, S_ORIGIN, S_FUNDING) = range(9)
(A_RESIDENT, A_DAY, A_SECOND, A_LENGTH, A_FATAL, A_CAUSE, A_AVOIDABLE, A_THROUGH_ED) = range(8)
(L_RESIDENT, L_HOME, L_DAY, L_REVIEW_DAY, L_SECOND, L_UNTIL) = range(6)
STILL_THERE = 9_999_999


def rows_of(log: np.ndarray, *kinds: int) -> np.ndarray:
    """The log's rows of these kinds, in order."""
    written = log[1 : int(log[0, e.H_ROWS]) + 1]
    return written[np.isin(written[:, e.KIND], kinds)]


def stays(log: np.ndarray) -> np.ndarray:
    """int64 (stay, S_*); a stay that has not ended has STILL_THERE as its last day."""
    rows = rows_of(log, e.STAY_BEGINS, e.STAY_ENDS)
    begins = np.flatnonzero(rows[:, e.KIND] == e.STAY_BEGINS)
    after = np.minimum(begins + 1, len(rows) - 1)
    # A resident's rows are together and alternate, so a stay's end is the next row or is missing.
    ended = rows[after, e.KIND] == e.STAY_ENDS
    a, b = rows[begins], rows[after]
    columns = [
        a[:, e.WHO], a[:, e.VALUE], a[:, e.DAY], a[:, e.SECOND], np.where(ended, b[:, e.DAY], STILL_THERE),
        np.where(ended, b[:, e.SECOND], 0), a[:, e.TEXT], a[:, e.BY] // 4, a[:, e.BY] % 4,
    ]  # fmt: skip
    return np.column_stack(columns).astype(np.int64)


def spells(log: np.ndarray) -> np.ndarray:
    """int64 (spell, A_*)."""
    a = rows_of(log, e.SPELL)
    flags = a[:, e.BY].astype(np.int64)
    columns = [
        a[:, e.WHO], a[:, e.DAY], a[:, e.SECOND], a[:, e.VALUE], flags & 1, a[:, e.TEXT], flags >> 1 & 1,
        flags >> 2 & 1,
    ]  # fmt: skip
    return np.column_stack(columns).astype(np.int64)


def listings(log: np.ndarray) -> np.ndarray:
    """int64 (listing, L_*): each Monday's listed residents, and the review that came of it in that week, or -1."""
    rows = rows_of(log, e.LISTED, e.REVIEWED)
    after = np.roll(rows, -1, axis=0)
    soon = (after[:, e.DAY] >= rows[:, e.DAY]) & (after[:, e.DAY] < rows[:, e.DAY] + 7)
    done = (after[:, e.KIND] == e.REVIEWED) & (after[:, e.WHO] == rows[:, e.WHO]) & soon
    listed = np.flatnonzero(rows[:, e.KIND] == e.LISTED)
    a, b, had = rows[listed], rows[np.minimum(listed + 1, len(rows) - 1)], done[listed]
    columns = [
        a[:, e.WHO], a[:, e.VALUE], a[:, e.DAY], np.where(had, b[:, e.DAY], -1), np.where(had, b[:, e.SECOND], 0),
        np.where(had, b[:, e.VALUE], -1),
    ]  # fmt: skip
    return np.column_stack(columns).astype(np.int64)


def gone(log: np.ndarray, people: int) -> np.ndarray:
    """int64 (resident, [day, second, died]); STILL_THERE and zeros for those who have not gone."""
    out = np.zeros((people, 3), np.int64)
    out[:, 0] = STILL_THERE
    rows = rows_of(log, e.GONE).astype(np.int64)
    out[rows[:, e.WHO]] = np.column_stack([rows[:, e.DAY], rows[:, e.SECOND], rows[:, e.VALUE] > 0])
    return out
