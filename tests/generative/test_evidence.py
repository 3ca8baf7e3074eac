"""The records that a list cites are those that count as of its day, and no others."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from look import GRACE
from strategies import Case, cases

from features.asof import instant, local_date
from features.build import Prepared, panel_of, prepare
from features.evidence import Look, Record

WINDOWS = (0, 28)


@given(case=cases())
def test_records_are_those_before_the_as_of_recorded_within_the_grace_and_not_superseded(case: Case) -> None:
    prepared = prepare(case.history)
    panel = panel_of(prepared, case.as_ofs, grace=GRACE)
    for row in range(len(panel)):
        look, entity = Look(prepared, panel, row), int(panel.entity[row])
        for stream in streams(prepared, entity):
            for window in WINDOWS:
                told = counted(prepared, entity, stream, look.as_of, window)
                found = look.records(stream, window)
                assert found == tuple(told)
                assert look.newest(stream, window) == (told[0] if told else None)
                assert look.count(stream, window) == len(told)


def streams(prepared: Prepared, entity: int) -> list[str]:
    """Those of which the resident has any record, and the first of all."""
    block = prepared.residents
    has = np.diff(block.start)[entity * block.width : (entity + 1) * block.width]
    return [s for i, s in enumerate(block.streams) if has[i] or not i]


def counted(prepared: Prepared, entity: int, stream: str, as_of: date, window: int) -> list[Record]:
    """One record after the other, newest first, by the rule in words."""
    block, t = prepared.residents, instant(as_of)
    bucket = entity * block.width + block.streams.index(stream)
    start = instant(as_of - timedelta(days=window))
    found = []
    for i in range(block.start[bucket + 1] - 1, block.start[bucket] - 1, -1):
        time, value = int(block.time[i]), float(block.value[i])
        is_known = block.since[i] < t + GRACE <= block.until[i]
        if time < t and is_known and (not window or time >= start):
            found.append(Record(local_date(time), None if value != value else value, int(block.row[i]), time))
    return found
