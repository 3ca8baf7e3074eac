"""A plot for the inside of a page."""

import re
from html import escape


def inline(svg: str, number: int, title: str = "", says: str = "") -> str:
    """The SVG without prologue and with ids of its own, so that several may share a page.

    With a title, screen readers are told it and what the plot says; without, they pass over it: the page says it.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(id="|xlink:href="#|url\(#)', rf"\g<1>f{number}-", body)
    if not title:
        return body.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    names = f"f{number}-title f{number}-desc"
    body = body.replace("<svg", f'<svg role="img" aria-labelledby="{names}" focusable="false"', 1)
    told = f'<title id="f{number}-title">{escape(title)}</title><desc id="f{number}-desc">{escape(says)}</desc>'
    first = body.index(">") + 1
    return body[:first] + told + body[first:]
