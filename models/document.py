"""A report as values: sections of paragraphs, points, tables and plots, which Markdown and a page are two views of.

Text may hold **strong** words and `code`, as Markdown has them, and nothing else of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Cells as text, the first of each row its name."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Points:
    """One thing to know each, in order."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Plot:
    """A plot by the name of its file, and what it shows for those who do not see it."""

    name: str
    title: str
    says: str


Block = str | Points | Table | Plot


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it; `parts` are headed one level deeper."""

    title: str
    blocks: tuple[Block, ...]
    parts: tuple["Section", ...] = ()


def markdown(sections: Sequence[Section], level: int = 2) -> str:
    """Markdown, ending without a newline."""
    return "\n\n".join(text for section in sections for text in _texts(section, level))


def _texts(section: Section, level: int) -> Iterator[str]:
    yield f"{'#' * level} {section.title}"
    yield from (_block(block) for block in section.blocks)
    if section.parts:
        yield markdown(section.parts, level + 1)


def _block(block: Block) -> str:
    match block:
        case Points(items):
            return "\n".join(f"- {item}" for item in items)
        case Table(_, heads, rows):
            return "\n".join([_line(heads), "|---" * len(heads) + "|", *(_line(row) for row in rows)])
        case Plot(name, title, says):
            return f"Plot `plots/{name}.svg`, {title}: {says}"
    return block


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
