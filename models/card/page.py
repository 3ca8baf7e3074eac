"""A card as one page of HTML: no script, nothing fetched, plots inside, prints well, reads well aloud."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.card.figures import capital
from models.document import Plot, Section, Table
from models.plots.inline import inline

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

_TEMPLATES = Path(__file__).parent
_MARKED = re.compile(r"\*\*(.+?)\*\*|`(.+?)`")


def page(title: str, lead: str, head: Table, sections: Sequence[Section], plots: Mapping[str, str]) -> str:
    """`plots` are SVG texts by name; a plot that is not there is left out."""
    from markupsafe import Markup

    names = list(plots)

    def drawn(plot: Plot) -> Markup:
        return Markup(inline(plots[plot.name], names.index(plot.name), plot.title, plot.says))

    text = _template().render(
        title=title, lead=lead, head=head, sections=tuple(_numbered(sections)), plots=frozenset(plots), drawn=drawn
    )
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def _numbered(sections: Sequence[Section]) -> Iterator[tuple[str, Section]]:
    """Sections with an anchor each, for the table of contents."""
    for section in sections:
        yield re.sub(r"[^a-z0-9]+", "-", section.title.lower()).strip("-"), section


def _kind(block: Any) -> str:
    return "text" if isinstance(block, str) else type(block).__name__.lower()


def _marked(text: str) -> "Markup":
    """**Strong** words and `code` as HTML; everything else is escaped."""
    from markupsafe import Markup, escape

    out, at = Markup(""), 0
    for found in _MARKED.finditer(text):
        strong, code = found.groups()
        out += escape(text[at : found.start()])
        out += Markup("<strong>{}</strong>").format(strong) if strong else Markup("<code>{}</code>").format(code)
        at = found.end()
    return out + escape(text[at:])


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(_TEMPLATES)
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["marked"] = _marked
    made.filters["kind"] = _kind
    made.filters["capital"] = capital
    return made.get_template("card.html")
