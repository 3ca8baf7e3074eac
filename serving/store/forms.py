"""What is wrong with a form, field by field, for the page's error summary: everything at once."""

from collections.abc import Mapping

from features.problems import UsageError

LONGEST = 4000  # of what is written in words


class FormError(UsageError):
    """Fields that must be mended; nothing was saved."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(self.fields.values()))


def refuse(fields: Mapping[str, str]) -> None:
    """Raises FormError where any field is wrong."""
    if fields:
        raise FormError(fields)


def too_long(**texts: str) -> dict[str, str]:
    """The fields with more words than the store takes."""
    said = f"Write at most {LONGEST:,} characters here"
    return {name: said for name, text in texts.items() if len(text) > LONGEST}
