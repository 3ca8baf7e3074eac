"""The kernel's compiled loops: a backward look over each stream, taken again only when something has changed.

Of one stream and one entity, little changes from Monday to Monday: a record enters, becomes known, is superseded, or
leaves a window. A look therefore says until when it holds, and the rows in between share its tallies.
"""

import numpy as np
from numba import njit

from .asof import LONG_AGO, NEVER

_SUMS = 8  # numbers, total, low, high, oldest, and the sums of days, days squared, days times value


@njit(cache=True, nogil=True)
def measure(
    first, last, runs, start, width, time, since, until, day, value, op_start, op_stat, op_column, last_window,
    newest_only, numeric, empty, lengths, t, known_at, t_day, edges, entity, week, out,
):  # fmt: skip  # pragma: no cover - compiled
    """Fill the rows of the runs `first` to `last`; a run is one entity in ascending weeks."""
    slots = len(lengths) + 1
    most = 0
    for run in range(first, last):
        most = max(most, runs[run + 1] - runs[run])
    look = np.zeros(most, np.int64)  # the look that each row shares
    count, days = np.zeros((slots, most), np.int64), np.zeros((slots, most), np.int64)
    sums = np.zeros((slots, most, _SUMS))
    newest, newest_value, newest_day = np.zeros(most), np.zeros(most), np.zeros(most, np.int64)
    for run in range(first, last):
        begin, rows, e = runs[run], runs[run + 1] - runs[run], entity[runs[run]]
        for row in range(begin, begin + rows):
            out[row] = empty
        for s in range(width):
            lo, hi = start[e * width + s], start[e * width + s + 1]
            if lo == hi or last_window[s] < 0:
                continue
            _tally(
                begin, rows, lo, hi, time, since, until, day, value, lengths, last_window[s], newest_only[s],
                numeric[s], t, known_at, t_day, edges, week, look, count, days, sums, newest, newest_value, newest_day,
            )  # fmt: skip
            for slot in range(slots):
                for op in range(op_start[s * slots + slot], op_start[s * slots + slot + 1]):
                    _write(
                        op_stat[op], op_column[op], begin, rows, look, week, t_day, count[slot], days[slot],
                        sums[slot], newest, newest_value, newest_day, out,
                    )  # fmt: skip


# One function with a loop in a loop, and no view of an array: numba counts references to whatever is passed on or
# sliced, and in here that costs more than the work itself.
@njit(cache=True, nogil=True)
def _tally(
    begin, rows, lo, hi, time, since, until, day, value, lengths, last_window, newest_only, numeric, t, known_at,
    t_day, edges, week, look, count, days, sums, newest, newest_value, newest_day,
):  # fmt: skip  # pragma: no cover - compiled
    """Look back over one stream from each row of a run where anything has changed since the row before."""
    windows = len(lengths)
    after, this = lo, -1
    # Until when the last look holds: the next record's time, a local day, an instant of knowledge.
    enters = day_holds = known_holds = np.int64(LONG_AGO)
    for i in range(rows):
        k = week[begin + i]
        if t[k] <= enters and t_day[k] <= day_holds and known_at[k] <= known_holds:
            look[i] = this
            continue
        while after < hi and time[after] < t[k]:
            after += 1
        enters = time[after] if after < hi else np.int64(NEVER)
        day_holds = known_holds = np.int64(NEVER)
        this += 1
        look[i] = this
        at, w, n, numbers, distinct = after - 1, 0, 0, 0, 0
        last_day = np.int64(0)
        total = low = high = oldest = sx = sxx = sxy = 0.0
        while True:
            while at >= lo and (since[at] >= known_at[k] or until[at] < known_at[k]):
                if since[at] >= known_at[k]:
                    known_holds = min(known_holds, since[at])
                at -= 1
            over = at < lo or (w >= last_window and (n > 0 or not newest_only))
            while w <= windows and (over or (w < windows and time[at] < edges[k, w])):
                count[w, this], days[w, this] = n, distinct
                if numeric:
                    sums[w, this, 0], sums[w, this, 1], sums[w, this, 2] = numbers, total, low
                    sums[w, this, 3], sums[w, this, 4], sums[w, this, 5] = high, oldest, sx
                    sums[w, this, 6], sums[w, this, 7] = sxx, sxy
                w += 1
            if over:
                break
            known_holds = min(known_holds, until[at])
            if w >= last_window and (n > 0 or not newest_only):
                continue
            x, v = np.int64(day[at]), value[at]
            if w < windows:
                day_holds = min(day_holds, x + lengths[w])
            if n == 0:
                newest_day[this], newest_value[this] = x, v
            if n == 0 or x != last_day:
                distinct += 1
                last_day = x
            n += 1
            if numeric and not np.isnan(v):
                # Days from the newest record: a slope does not depend on where days are counted from.
                past = np.float64(x - newest_day[this])
                if numbers == 0:
                    newest[this] = low = high = v
                low, high, oldest = min(low, v), max(high, v), v
                numbers += 1
                total += v
                sx += past
                sxx += past * past
                sxy += past * v
            at -= 1


@njit(cache=True, nogil=True)
def _write(
    stat, column, begin, rows, look, week, t_day, count, days, sums, newest, newest_value, newest_day, out
):  # pragma: no cover - compiled
    """One statistic of every row; a number is left missing where the window holds none."""
    for i in range(rows):
        at, row = look[i], begin + i
        if count[at] == 0:
            continue
        if stat == 0:
            out[row, column] = count[at]
        elif stat == 9:
            out[row, column] = days[at]
        elif stat == 10:
            out[row, column] = t_day[week[row]] - newest_day[at]
        elif stat == 11:
            out[row, column] = 1.0
        elif stat == 12:
            out[row, column] = 0.0 if newest_value[at] <= 0 else 1.0
        elif sums[at, 0] > 0:
            _number(stat, column, row, at, newest, sums, out)


@njit(cache=True, nogil=True, inline="always")
def _number(stat, column, row, at, newest_of, sums, out):  # pragma: no cover - compiled
    # No view of an array is made here: the count of its references costs more than the work.
    numbers, total, oldest, newest = sums[at, 0], sums[at, 1], sums[at, 4], newest_of[at]
    if stat == 1:
        out[row, column] = total
    elif stat == 2:
        out[row, column] = total / numbers
    elif stat == 3:
        out[row, column] = sums[at, 2]
    elif stat == 4:
        out[row, column] = sums[at, 3]
    elif stat == 5:
        out[row, column] = newest
    elif numbers >= 2:
        if stat == 6:
            out[row, column] = newest - oldest
        elif stat == 7:
            if oldest != 0:
                out[row, column] = (newest - oldest) / oldest
        elif stat == 8:
            spread = numbers * sums[at, 6] - sums[at, 5] * sums[at, 5]
            if spread > 0:
                out[row, column] = 28.0 * (numbers * sums[at, 7] - sums[at, 5] * total) / spread
        elif stat == 13:
            out[row, column] = newest - (total - newest) / (numbers - 1)


@njit(cache=True, nogil=True)
def newest_times(
    first, last, start, width, time, since, until, wanted, entity, t, known_at, out
):  # pragma: no cover - compiled
    """Raise `out` to the instant of the newest record counted at each row over the `wanted` streams."""
    for row in range(first, last):
        for s in wanted:
            lo, hi = start[entity[row] * width + s], start[entity[row] * width + s + 1]
            at = lo + np.searchsorted(time[lo:hi], t[row]) - 1
            while at >= lo and time[at] > out[row]:
                if since[at] < known_at[row] <= until[at]:
                    out[row] = time[at]
                at -= 1
