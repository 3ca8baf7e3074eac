"""The same work over several processes: the same results in the same order, the same errors, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from features.problems import HeldBack, HistoryError, HomeroundError, Problem
from flows.spread import Over

ROOT = Path(__file__).parents[2]
THINGS = [object() for _ in range(70)]  # what cannot be pickled can be worked on
NUMBERS = {id(thing): number for number, thing in enumerate(THINGS)}
PROBLEM = Problem("events", "time", "is missing", "error", 3, "row 7")
ERRORS = [HeldBack(["too many died", "too old"]), HistoryError([PROBLEM]), HomeroundError("no"), ValueError("odd")]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_results_come_in_the_order_of_the_things(processes: int) -> None:
    made = list(Over(processes)(lambda thing: (NUMBERS[id(thing)], os.getpid()), THINGS))
    assert not children_of(os.getpid()), "who is done is waited for"
    assert [number for number, _ in made] == list(range(70))
    assert (os.getpid() in {pid for _, pid in made}) is (processes == 1)


def test_what_can_only_be_gone_through_once_is_enough() -> None:
    assert list(Over(2)(str, (number for number in range(40)))) == [str(number) for number in range(40)]


@pytest.mark.parametrize("processes", [1, 2])
def test_nothing_to_do_is_done(processes: int) -> None:
    assert list(Over(processes)(str, [])) == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_arrives_as_it_was_raised(processes: int, error: Exception) -> None:
    def fail(number: int) -> int:
        if number == 30:
            raise error
        return number

    with pytest.raises(type(error)) as raised:
        list(Over(processes)(fail, range(40)))
    assert not children_of(os.getpid())
    assert type(raised.value) is type(error)
    assert (str(raised.value), vars(raised.value)) == (str(error), vars(error))


def test_a_process_that_is_ended_from_outside_is_told_in_words() -> None:
    def die(number: int) -> None:
        if number == 30:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(HomeroundError, match="one of 2 processes was ended from outside"):
        list(Over(2)(die, range(40)))


def test_processes_end_with_the_one_that_made_them() -> None:
    work = "import time; from flows.spread import Over; list(Over(2)(lambda _: time.sleep(60), range(40)))"
    made = subprocess.Popen([sys.executable, "-c", work], cwd=ROOT)
    end = time.monotonic() + 20
    while len(pids := children_of(made.pid)) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)
    made.kill()
    made.wait()
    while any(map(_runs, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert len(pids) == 2
    assert not any(map(_runs, pids))


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _runs(pid: str) -> bool:
    try:
        return " Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
