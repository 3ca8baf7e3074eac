"""What people decided and asked for, on next week's list: reviewed, back when due, added; and in the exposure log."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from made_lists import AS_OF, GRACE, INFO, model, prepared
from test_exposure import MONDAY, UNTIL, by_resident, entry, history, put, watchlist

from features.asof import LONDON
from serving.exposure import exposure_log
from serving.recorded import NOTHING, Asked, Recorded, Review, recorded
from serving.rows import Watchlist
from serving.scoring import score_rows
from serving.teams import Capacity, teams_of
from serving.watchlist import ListRules, build_watchlists

MDT = "mdt-n1"


def at(days_before: int, hour: int = 12) -> datetime:
    on = AS_OF - timedelta(days=days_before)
    return datetime(on.year, on.month, on.day, hour, tzinfo=LONDON)


def review(who: str, days_before: int = 1, outcome: str = "discussed_nothing", again: int | None = None) -> Review:
    """`again`: days after the list's Monday."""
    on = None if again is None else AS_OF + timedelta(days=again)
    return Review(who, MDT, at(days_before), outcome, on)


def asked(who: str, days_before: int = 1, answer: str | None = None, role: str = "home_manager") -> Asked:
    return Asked(who, role, at(days_before, 9), answer, at(days_before, 10) if answer else None)


@pytest.fixture(scope="module")
def mdt_list(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Watchlist]:
    """The MDT's list for three, with what was recorded: r00 fell most and lately two days before, r05 never."""
    made = prepared(tmp_path_factory.mktemp("recorded"))
    teams = [t for t in teams_of(made.history, Capacity(mdt=3, round=2)) if t.id == MDT]
    scored = score_rows(made, (AS_OF - timedelta(days=7), AS_OF), model(), grace=GRACE)

    def build(*rows: Review | Asked) -> Watchlist:
        known = Recorded(
            tuple(row for row in rows if isinstance(row, Review)), tuple(row for row in rows if isinstance(row, Asked))
        )
        rules = ListRules(below=4, invented=True)
        found = build_watchlists(
            made, AS_OF, model(), INFO, teams=teams, rules=rules, grace=GRACE, scored=scored, recorded=known
        )
        return found.lists[0]

    return build


def places(made: Watchlist) -> dict[str, str]:
    return {e.resident_id: e.section for e in made.entries}


def note(made: Watchlist, who: str) -> str:
    return next(e.status_note for e in made.entries if e.resident_id == who)


@pytest.mark.parametrize(
    ("row", "section"),
    [
        (review("r00"), "reviewed"),
        (review("r00", 1, "discussed_actions"), "reviewed"),
        (review("r00", 1, "not_suitable"), "reviewed"),
        (review("r00", 1, "next_week"), "listed"),
        (review("r00", 3), "listed"),  # fell since
        (review("r00", 1, again=21), "reviewed"),
        (review("r00", 1, again=3), "listed"),  # due in this week
        (replace(review("r00"), team_id="another"), "listed"),
    ],
)
def test_a_review_with_nothing_new_since_takes_no_place(
    mdt_list: Callable[..., Watchlist], row: Review, section: str
) -> None:
    made = mdt_list(row)
    assert places(made)["r00"] == section
    assert len(made.section("listed")) == 3


def test_what_was_decided_is_said_of_the_resident(mdt_list: Callable[..., Watchlist]) -> None:
    made = mdt_list(review("r00", 1, again=21))
    assert note(made, "r00") == "Reviewed 15 November: nothing to change. Review again on 7 December"
    assert note(mdt_list(review("r00", 1, "not_suitable")), "r00") == "Reviewed 15 November: not suitable"


def test_who_was_asked_for_stands_right_after_the_listed_until_talked_about(
    mdt_list: Callable[..., Watchlist],
) -> None:
    before, made = mdt_list(), mdt_list(asked("r05"), asked("r06", 3, "will_discuss"), asked("r00"))
    assert places(before).get("r05") != "added"
    assert [e.resident_id for e in made.section("added")] == ["r05", "r06"]
    assert note(made, "r05") == "Added by the home’s manager on 15 November"
    assert places(made)["r00"] == "listed", "who is listed anyway takes the place, and the page says who asked"
    assert note(made, "r00").startswith("Added by")
    for gone in (asked("r05", answer="not_this_week"), asked("r05", answer="seen_already"), asked("r05", 40)):
        assert places(mdt_list(gone)).get("r05") != "added"
    assert places(mdt_list(asked("r05", 3), review("r05", 1))).get("r05") != "added"
    assert places(mdt_list(asked("r05", 3), review("r05", 1, "next_week")))["r05"] == "added"
    assert places(mdt_list(review("r05", 3), asked("r05", 1)))["r05"] == "added", "asked for after the review"


def test_a_review_that_is_due_brings_the_resident_back(mdt_list: Callable[..., Watchlist]) -> None:
    made = mdt_list(review("r05", 30, again=3))
    assert places(made)["r05"] == "added"
    assert note(made, "r05") == "Review due 19 November, as decided on 17 October"
    assert places(mdt_list(review("r05", 30, again=9))).get("r05") != "added"
    later = (review("r05", 30, again=-3), review("r05", 2))
    assert places(mdt_list(*later)).get("r05") != "added", "a later review settles it"


def test_nothing_recorded_changes_nothing(mdt_list: Callable[..., Watchlist]) -> None:
    assert mdt_list() == mdt_list(review("nobody"), asked("nobody", 2))
    assert NOTHING.digest() == ""
    assert len({Recorded(asked=(asked("r1"),)).digest(), Recorded((review("r1"),)).digest(), ""}) == 3


def test_an_answer_that_came_later_was_not_there_yet() -> None:
    late = Asked("r1", "gp", at(3), "seen_already", at(-1))
    known = recorded((), (late, asked("r2", 2, "seen_already")), at(0, 0))
    assert [(one.resident_id, one.answer) for one in known.asked] == [("r1", None), ("r2", "seen_already")]


def test_a_review_in_the_room_is_one_of_the_exposure_log(tmp_path) -> None:
    put(tmp_path, watchlist(entry("r0"), entry("r1", rank=2), entry("r2", rank=3)))
    team = watchlist().team
    day = lambda n: datetime(MONDAY.year, MONDAY.month, MONDAY.day, 12, tzinfo=LONDON) + timedelta(days=n)  # noqa: E731
    rows = (
        Review("r0", team.id, day(2), "discussed_actions", None),
        Review("r0", team.id, day(1), "next_week", None),
        Review("r1", "another", day(2), "discussed_nothing", None),
        Review("r2", team.id, day(28), "discussed_nothing", None),
    )
    made = history(tmp_path)
    log = exposure_log(tmp_path / "published", lambda _: made, UNTIL, withheld=tmp_path / "holdout", reviews=rows)
    found = {who: row["reviewed_on"] for who, row in by_resident(log).items()}
    assert found == {"r0": MONDAY + timedelta(days=2), "r1": None, "r2": None}
    kind = {"mdt": "mdt_review_on", "round": "home_round_review_on"}[team.kind]
    assert by_resident(log)["r0"][kind] == date(MONDAY.year, MONDAY.month, MONDAY.day) + timedelta(days=2)
    without = exposure_log(tmp_path / "published", lambda _: made, UNTIL, withheld=tmp_path / "holdout")
    assert set(without["reviewed_on"].to_pylist()) == {None}
