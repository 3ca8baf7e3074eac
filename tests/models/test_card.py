"""The model card: every figure is the record's, every item is answered, and both views hold the same."""

import itertools
import re
from dataclasses import fields, replace
from html.parser import HTMLParser

import numpy as np
import pytest

from models.card import Statements, card_of, counted, files, items, render, summary
from models.card.counts import HIDDEN, count, tallied
from models.card.files import LONGEST, sections
from models.card.words import NOT_FOR
from models.document import Table
from models.evaluation import Apart
from models.fairness import FairnessRow
from models.fit import panel
from models.model import AVOIDABLE
from models.plots.draw import write_plot

# Collins et al., BMJ 2024;385:e078378, table 1: 27 items, 52 with their parts.
LETTERS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef", 20: "abc", 23: "ab", 27: "abc"}
NUMBERS = [f"{n}{letter}" for n in range(1, 28) for letter in LETTERS.get(n, ("",))]


@pytest.fixture(scope="module")
def card(trained, labelled):
    return card_of(
        trained.model,
        trained.evaluation,
        name="avoidable-admission",
        code_version="c0ffee",
        history_digest="ab" * 32,
        synthetic=True,
        version=3,
        counted=counted(labelled[0], trained.split, trained.refit, uncoded=3),
    )


@pytest.fixture(scope="module")
def plots(trained, tmp_path_factory):
    """Two plots, whose ids are the same until the page makes them its own."""
    folder = tmp_path_factory.mktemp("plots")
    for name, rows in (("calibration", trained.evaluation.calibration), ("capacity_pcn", trained.evaluation.curve)):
        write_plot(folder / name, type(rows[0]), rows, lambda axes, rows: axes.plot([0, len(rows)]))
    return folder


class Page(HTMLParser):
    """Tags in order, the text of headings and of all, and what was never closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.headings, self.text, self.attributes = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            self.headings.append((int(self.open[-1][1]), data))
        self.text.append(data)


def tables(card):
    parts = [one for section in sections(card) for one in (section, *section.parts)]
    return {block.title: block for one in parts for block in one.blocks if isinstance(block, Table)}


def cells(table, name):
    return next(row for row in table.rows if row[0] == name)


def test_the_figures_are_those_of_the_record(card):
    found, made = card.evaluation, tables(card)

    def told(name, score="model", view="all", scale=1, form=".3f", unit=""):
        m = found.get(name, score, view)
        value, low, high = (f"{scale * x:{form}}" for x in (m.value, m.low, m.high))
        return f"{value}{unit} ({low} to {high})"

    ranking = made["Ranking, by contender"]
    for label, score in (
        ("Model", "model"),
        ("Logistic regression", "logistic"),
        ("Prior admissions", "prior_admissions"),
    ):
        row = cells(ranking, label)
        assert row[1:] == tuple(told(name, score) for name in ("auroc", "auroc_within_home", "auprc"))
    row = cells(made["On the MDT lists: 10 residents a week"], "Model")
    assert row[1:3] == tuple(
        told(name, view="pcn", scale=100, form=".1f", unit=" %") for name in ("ppv", "sensitivity")
    )
    assert row[4] == told("reviews_per_event", view="pcn", form=".1f")
    row = cells(made["Paired differences"], "Logistic regression")
    assert row[1] == told("auroc_minus_logistic", form="+.3f")
    assert row[2] == told("ppv_minus_logistic", view="pcn", form="+.3f")
    calibration = made["Calibration"]
    for label, name in (
        ("Calibration slope (ideal 1)", "calibration_slope"),
        ("ICI over the share with the outcome", "ici_over_base"),
    ):
        assert cells(calibration, label)[1] == told(name)
    benefit = next(b for b in found.net_benefit if (b.view, b.score, b.threshold) == ("pcn", "model", 0.05))
    row = next(row for row in made["Net benefit per 1,000 resident-weeks"].rows if row[:2] == ("MDT lists", "5.0 %"))
    assert row[2].startswith(f"{1000 * benefit.net_benefit:.1f} (")
    warned = next(w for w in found.warned if (w.view, w.score) == ("pcn", "model"))
    assert cells(made["Days of warning"], "MDT lists, model")[1:3] == (f"{warned.admissions}", f"{warned.listed:.0f}")
    top = next(t for t in found.top if (t.score, t.places) == ("model", 50))
    row = next(row for row in made["True events among the first N"].rows if row[:2] == ("Model", "50"))
    assert row[3] == f"{top.events:,.0f}"


def test_the_data_are_counted_from_the_rows(card, trained, labelled):
    matrix = labelled[0]
    mask = panel(matrix).mask(trained.split.test)
    y = panel(matrix).labels[AVOIDABLE][mask]
    judged = cells(tables(card)["Parts of the data"], "Judged")
    who = np.array(matrix.rows["resident_id"].to_pylist())[mask]
    assert judged[4:9] == (
        f"{mask.sum():,}", f"{len(set(who)):,}", f"{len(set(matrix.rows['home_id'].to_pylist()))}",
        f"{int(y.sum()):,}", f"{len(set(who[y > 0])):,}",
    )  # fmt: skip
    assert card.evaluation.get("prevalence").n == mask.sum()
    assert "uncoded at the cut-off: fewer than 5 resident-weeks" in render(card)


def test_every_item_of_tripod_ai_is_answered(card, trained):
    bare = card_of(trained.model, trained.evaluation, name="x", code_version="", history_digest="", synthetic=False)
    for one in (card, bare):
        found = items(one)
        assert [row.item for row in found] == NUMBERS
        assert len(found) == 52
        assert all(len(row.answer) > 20 and row.asks and row.answer.endswith((".", ")")) for row in found)
        text = render(one)
        assert all(f"| {row.item} | **{row.topic}.**" in text for row in found)
    said = {row.item: row.answer for row in items(bare)}
    assert all(
        said[item].startswith("Not available: ") for item in ("17", "18a", "18b", "18c", "18d", "18e", "19", "20a")
    )
    assert "Not applicable because every resident is invented" in {row.item: row.answer for row in items(card)}["17"]


def test_what_the_organisation_states_is_said(card):
    given = Statements(**{field.name: f"The {field.name} of the county." for field in fields(Statements)})
    text = render(replace(card, statements=given))
    assert all(f"The {field.name} of the county." in text for field in fields(Statements))
    assert "Not available: not stated" not in text


def test_what_it_is_not_for_stands_in_every_view(card, plots):
    made = files(card, plots)
    words = " ".join("".join(Page(made.html).text).split())
    for one in NOT_FOR:
        assert one in made.markdown
        assert one in made.summary
        assert one.replace("**", "") in words


def test_synthetic_residents_are_said_to_be_synthetic_first(card, plots):
    for text in (render(card), summary(card), files(card, plots).html):
        assert text.index("every resident is invented") < text.index("In short")
    real = replace(card, synthetic=False)
    assert "invented" not in summary(real)
    assert "| Synthetic data | no |" in render(real)


def test_what_was_not_made_is_said_plainly(card):
    text = render(replace(card, counted=None))
    for said in (
        "Figures by group of residents were not made in this run",
        "Other outcomes and horizons were not judged in this run",
        "were not judged apart in this run",
        "the rows of the training matrix were not counted in this run",
        "No search for parameters was made in this run",
    ):
        assert said in text


def test_flags_and_hidden_groups_are_told(card):
    kinds = [("observed_expected", "all"), ("auroc", "all"), ("sensitivity", "pcn")]
    shown = [FairnessRow("sex", "female", kind, view, 90, 700, 60, 1.4, 1.1, 1.7, 1.0, "ratio", 1.4, 1.1, 1.7, True, kind == "observed_expected") for kind, view in kinds]  # fmt: skip
    small = [FairnessRow("sex", "male", kind, view, None, None, None, hidden=True) for kind, view in kinds]
    text = render(replace(card, fairness=(*shown, *small)))
    assert "Sex, female: outcomes are 1.40 times those expected" in text
    assert "hidden: fewer than 10 residents" in text
    assert "were not made in this run" not in text


def test_the_page_parses_and_its_headings_come_in_order(card, plots):
    made = files(card, plots)
    page = Page(made.html)
    assert page.open == []
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    drawn = [given for tag, given in page.attributes if tag == "svg"]
    assert len(drawn) == page.tags.count("figure") == 2
    ids = [given["id"] for _, given in page.attributes if "id" in given]
    assert len(ids) == len(set(ids))
    for given in drawn:
        assert given["role"] == "img"
        assert set(given["aria-labelledby"].split()) <= set(ids)
    assert page.tags.count("caption") == page.tags.count("table")
    assert all(given["href"][1:] in ids for tag, given in page.attributes if tag == "a")
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert not re.search(r'(src|href)="(https?:)?//', made.html)


def test_the_page_and_the_text_hold_the_same_cells(card, plots):
    words = " ".join("".join(Page(files(card, plots).html).text).split())
    for table in tables(card).values():
        for row in table.rows:
            for cell in row:
                assert " ".join(re.sub(r"\*\*|`", "", cell).split()) in words


def test_the_same_run_gives_the_same_bytes(card, plots):
    assert files(card, plots) == files(card, plots)


def test_the_summary_fits_the_registry(card):
    assert len(summary(card)) <= LONGEST
    long = replace(card, statements=Statements(owner="An organisation " * 400))
    assert len(summary(long)) <= LONGEST
    assert NOT_FOR[0] in summary(long)


def test_no_small_number_is_shown():
    assert [count(n) for n in (0, 1, 4, 5, 1234)] == ["0", "fewer than 5", "fewer than 5", "5", "1,234"]
    assert dict(tallied({"a": 100, "b": 9, "c": 3, "d": 0})) == {"a": "100", "b": HIDDEN, "c": HIDDEN, "d": "0"}
    assert dict(tallied({"a": 100, "b": 2, "c": 3})) == {"a": "100", "b": HIDDEN, "c": HIDDEN}
    assert dict(tallied({"a": 100, "b": 9})) == {"a": "100", "b": "9"}


def test_few_events_give_no_figure(card):
    found = card.evaluation.competing
    few = Apart("end_of_life", 300, 3, 2, False)
    rare = replace(card.evaluation, apart=(few,), competing=(found[0], replace(found[1], admitted=2), *found[2:]))
    rows = tables(replace(card, evaluation=rare))["Death as a competing risk"].rows
    assert sum(row[2] == HIDDEN for row in rows) == 2
    assert next(row for row in rows if row[0] == "1")[6:] == (HIDDEN,) * 3
    text = render(replace(card, evaluation=rare))
    assert "**not validated** (fewer than 5 had the outcome in the weeks of calibration" in text
    assert "300 rows and fewer than 5 with the outcome on later weeks: too few to say anything of them." in text
