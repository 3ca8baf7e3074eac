"""Quotes of a CSV file that swallow rows.

Quoted cells may hold line breaks, as notes do. So a stray quote makes other people's rows the text of one cell, up
to the next quote or the end of the file, and nothing is missing that could be counted. RFC 4180 has a quoted cell
end before a delimiter or the end of a line; one that does not, or that holds what looks like rows, is refused.
"""

import io
import re
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

_END = "\x1eend"
_BREAK = re.compile(rb"\r\n|\r|\n")
_MOST = 500  # as often as a pattern may repeat a delimiter


class Ended(io.RawIOBase):
    """A file with one more row behind it, which is a row of its own only where no quote is still open.

    `quoted` says whether what was read so far has a quote at all.
    """

    def __init__(self, path: Path, delimiter: str, columns: int) -> None:
        self._stream = path.open("rb")
        self._more = b"\n" + delimiter.join([_END] * columns).encode() if path.stat().st_size else b""
        self.quoted = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self._stream.read(size)
        self.quoted = self.quoted or b'"' in found
        if len(found) + len(self._more) <= size:  # never in the middle of the file
            found, self._more = found + self._more, b""
        return found

    def close(self) -> None:
        self._stream.close()
        super().close()


def ends(table: pa.Table) -> bool:
    """Whether the last row is the one that stands behind the file."""
    return len(table) > 0 and all(column[-1].as_py() == _END for column in table.columns)


def doubtful(table: pa.Table, delimiter: str) -> bool:
    """Whether a cell has a line break and then a quote, or as many delimiters in a line as a row has."""
    mark, between = re.escape(delimiter), min(table.num_columns - 1, _MOST)
    row = rf"|[\r\n](?:[^\r\n{mark}]*{mark}){{{between}}}" if between else ""
    for column in table.columns:
        long = column.filter(pc.or_(pc.match_substring(column, "\n"), pc.match_substring(column, "\r")))
        if pc.any(pc.match_substring_regex(long, rf'(?s)[\r\n].*"{row}')).as_py():
            return True
    return False


def stray_quote(path: Path, delimiter: str, columns: int) -> str:
    """What is wrong with the first quoted cell that may hold rows, with its line; empty if there is none."""
    if not path.stat().st_size:
        return ""
    mark = delimiter.encode()
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as whole:
        heading = _BREAK.search(whole)
        at = heading.end() - 1 if heading else len(whole)
        cells = _of_several_lines(mark)
        while cell := cells.match(whole, at):
            wrong = _wrong(whole, *cell.span(1), mark, columns) if cell[2] else "is never closed"
            if wrong:
                line = 1 + sum(1 for _ in _BREAK.finditer(whole, 0, cell.start(1)))
                return (
                    f"the quote in line {line:,} {wrong}: mend it (quotes within a cell are doubled), or send Parquet"
                )
            at = cell.end()
    return ""


def _of_several_lines(mark: bytes) -> re.Pattern[bytes]:
    """The next quoted cell with a line break or without an end, behind plain cells and those of one line."""
    start = rb"[\r\n" + re.escape(mark) + rb"]"
    one_line = start + rb'"(?:[^"\r\n]++|"")*+"'
    plain = start + rb'(?!")|[^\r\n' + re.escape(mark) + rb"]++"
    return re.compile(rb"(?:" + one_line + rb"|" + plain + rb")*+" + start + rb'"((?:[^"]++|"")*+)("?)')


def _wrong(whole: mmap, begin: int, end: int, mark: bytes, columns: int) -> str:
    """What is wrong with a cell of several lines. A blank after a delimiter is a sentence's and not a row's."""
    if whole[end + 1 : end + 2] not in (b"", b"\r", b"\n", mark):
        return "is closed in the middle of a cell, lines later"
    lines = _BREAK.split(whole[begin:end])[1:]
    if columns > 1 and any(line.count(mark) - line.count(mark + b" ") >= columns - 1 for line in lines):
        return "goes on over other rows"
    return ""
