"""A home's summary as a page that prints, four residents to a sheet of A4, and a card on food and drink for each.

Paper comes first: tick boxes, room to write, and a day by which the sheet is destroyed. The same page is the PDF.
"""

from datetime import date

from serving.render import words
from serving.render.html import rendered

from .content import Ask, HomeSummary

A_SHEET = 4
_MEALS = ("Breakfast", "Midday meal", "Evening meal", "Snacks")


def summary_page(summary: HomeSummary) -> str:
    """The whole summary as a document without script or request."""
    residents = summary.residents
    return rendered(
        "home_summary.html",
        summary=summary,
        sheets=[residents[i : i + A_SHEET] for i in range(0, len(residents), A_SHEET)],
        page_foot=_foot(summary),
        counted=counted(summary),
        day=day,
        task=task,
    )


def card_page(summary: HomeSummary) -> str:
    """A card on eating and drinking for each resident with a task of the kind; A5, one to a page."""
    return rendered(
        "home_card.html",
        summary=summary,
        cards=[one for one in summary.residents if any(ask.card for ask in one.do)],
        page_foot=_foot(summary),
        meals=_MEALS,
        day=day,
        task=task,
    )


def _foot(summary: HomeSummary) -> str:
    until = day(summary.use_until)
    return f"{summary.home_label}. Personal information. Made {words.moment(summary.made_at)}. Use until {until}."


def counted(summary: HomeSummary) -> str:
    """How many residents the page is about, and how many more will be talked about: a number, and no more."""
    when = f"at the home round on {day(summary.round_on)}" if summary.round_on else "at the next home round"
    shown, others = len(summary.residents), summary.others
    if not shown:
        return f"{words.count(others, 'resident')} will be talked about {when}." if others else ""
    more = f" {others} more will be talked about {when}." if others else ""
    return f"{words.count(shown, 'resident')} to look out for.{more}"


def day(value: date) -> str:
    """ "Thursday 19 November": the year stands at the head of the page."""
    return f"{words.WEEKDAYS[value.weekday()]} {value.day} {words.MONTHS[value.month - 1]}"


def task(ask: Ask, summary: HomeSummary) -> str:
    """ "Weigh and write it down, unless being weighed upsets them (carers, by Thursday)" """
    text = f"{ask.text}, {ask.unless}" if ask.unless else ask.text
    who = [part for part in (ask.who, _when(ask, summary)) if part]
    return f"{text} ({', '.join(who)})" if who else text


def _when(ask: Ask, summary: HomeSummary) -> str:
    """By its weekday, where that is one of the days the page is used on."""
    if ask.all_week or ask.by is None:
        return "all week" if ask.all_week else ""
    return f"by {words.WEEKDAYS[ask.by.weekday()] if ask.by <= summary.use_until else day(ask.by)}"
