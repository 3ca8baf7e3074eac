"""The compiled loops that bring records into their streams, in order.

A record of entity e in stream s has its place in bucket e * streams + s. Rows that come in the order of time, as those
of a history in blocks do, are only counted and copied; a bucket that does not is sorted by itself.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def place(entity, concept, value, at, stream, bounded, low, high, width, entities):  # pragma: no cover - compiled
    """Bucket starts, and the record in each place; `at` says which `stream`s a concept goes to."""
    start = np.zeros(entities * width + 1, np.int64)
    for i in range(len(entity)):
        if entity[i] < 0:
            continue
        for k in range(at[concept[i]], at[concept[i] + 1]):
            if not bounded[k] or (value[i] >= low[k] and value[i] <= high[k]):
                start[entity[i] * width + stream[k] + 1] += 1
    for b in range(entities * width):
        start[b + 1] += start[b]
    free = start[:-1].copy()
    order = np.empty(start[-1], np.int64)
    for i in range(len(entity)):
        if entity[i] < 0:
            continue
        for k in range(at[concept[i]], at[concept[i] + 1]):
            if not bounded[k] or (value[i] >= low[k] and value[i] <= high[k]):
                b = entity[i] * width + stream[k]
                order[free[b]] = i
                free[b] += 1
    return start, order


@njit(cache=True, nogil=True)
def sort_by_time(start, order, time):  # pragma: no cover - compiled
    """Bring each bucket of `order` into the order of time, rows of one instant as they came."""
    for b in range(len(start) - 1):
        lo, hi = start[b], start[b + 1]
        for i in range(lo + 1, hi):
            if time[order[i]] < time[order[i - 1]]:
                rows = order[lo:hi].copy()
                moved = np.argsort(time[rows], kind="mergesort")
                for j in range(len(moved)):
                    order[lo + j] = rows[moved[j]]
                break


@njit(cache=True, nogil=True)
def gather(order, time, since, until, value, row, edges, offsets, a_day):  # pragma: no cover - compiled
    """The records in their places, each with its local day; `edges` and `offsets` are London's changes of clock."""
    n = len(order)
    out_time, out_since, out_until = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    out_value, out_row, day = np.empty(n), np.empty(n, np.int32), np.empty(n, np.int32)
    k, last = 0, len(edges) - 1
    for i in range(n):
        j = order[i]
        t = time[j]
        while k < last and t >= edges[k + 1]:
            k += 1
        while k > 0 and t < edges[k]:
            k -= 1
        day[i] = (t + offsets[k]) // a_day
        out_time[i], out_since[i], out_until[i] = t, since[j], until[j]
        out_value[i], out_row[i] = value[j], row[j]
    return out_time, out_since, out_until, day, out_value, out_row


@njit(cache=True, nogil=True)
def tied(start, time, since):  # pragma: no cover - compiled
    """Where another record of the same bucket has the same two times."""
    out = np.zeros(len(time), np.bool_)
    for b in range(len(start) - 1):
        for i in range(start[b] + 1, start[b + 1]):
            j = i - 1
            while j >= start[b] and time[j] == time[i]:
                if since[j] == since[i]:
                    out[i] = True
                    out[j] = True
                j -= 1
    return np.flatnonzero(out)


@njit(cache=True, nogil=True)
def settle_ties(start, rank, time, since, until, day, value, row):  # pragma: no cover - compiled
    """Order records of one instant by (since, rank, value), in place: insertion, since the rest is in order."""
    for b in range(len(start) - 1):
        lo, hi = start[b], start[b + 1]
        for i in range(lo + 1, hi):
            if time[i] != time[i - 1] or not _after(i - 1, i, since, rank, value):
                continue
            s, u, d, v, r, k = since[i], until[i], day[i], value[i], row[i], rank[i]
            j = i
            while j > lo and time[j - 1] == time[i] and _is_after(j - 1, since, rank, value, s, k, v):
                since[j], until[j], day[j] = since[j - 1], until[j - 1], day[j - 1]
                value[j], row[j], rank[j] = value[j - 1], row[j - 1], rank[j - 1]
                j -= 1
            since[j], until[j], day[j], value[j], row[j], rank[j] = s, u, d, v, r, k


@njit(cache=True, nogil=True)
def _after(a, b, since, rank, value):  # pragma: no cover - compiled
    return _is_after(a, since, rank, value, since[b], rank[b], value[b])


@njit(cache=True, nogil=True)
def _is_after(a, since, rank, value, s, k, v):  # pragma: no cover - compiled
    """Whether the record at `a` belongs after one known since `s`, of rank `k` and value `v`; missing values last."""
    if since[a] != s:
        return since[a] > s
    if rank[a] != k:
        return rank[a] > k
    if np.isnan(v):
        return False
    return np.isnan(value[a]) or value[a] > v


@njit(cache=True, nogil=True)
def leave_out(entity, concept, time, since, never):  # pragma: no cover - compiled
    """Give records of no known concept, and those without a date or never recorded, the entity -1."""
    for i in range(len(time)):
        if concept[i] < 0 or time[i] >= never or since[i] >= never:
            entity[i] = -1
