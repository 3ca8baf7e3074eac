"""Types of columns that SQLite and PostgreSQL keep alike."""

from datetime import UTC, datetime
from typing import Any, get_args

from sqlalchemy import CheckConstraint, DateTime, Dialect, String
from sqlalchemy import Text as UnlimitedText
from sqlalchemy.types import TypeDecorator


def clean(text: str) -> str:
    """The text with question marks for what PostgreSQL (NUL) or any database (half a surrogate pair) refuses."""
    return text.replace("\x00", "?").encode("utf-8", "replace").decode()


class Short(TypeDecorator[str]):
    """Text of at most so many characters. It takes whatever a browser may send."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


class Text(Short):
    """Text of any length."""

    impl = UnlimitedText
    cache_ok = True


LONGEST_NAME = 200
ID = Short(LONGEST_NAME)  # a pseudonym or another id of the history
NAME = Short(LONGEST_NAME)
WORD = Short(32)  # one of a fixed few words
DIGEST = Short(64)  # SHA-256 in hexadecimal


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. A time without a zone is refused, since it could be meant in two ways."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def one_of(column: str, words: Any) -> CheckConstraint:
    """The column holds one of the words of a Literal."""
    listed = ", ".join(f"'{word}'" for word in get_args(words))
    return CheckConstraint(f"{column} IN ({listed})", name=column)
