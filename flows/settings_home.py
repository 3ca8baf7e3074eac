"""The settings of what goes to homes: its lines, whom they ring, and the mail."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SoftSignSettings(_Table):
    """The site's own, approved copy of the table of soft signs and tasks; see docs/home-summary.md."""

    table: str = ""


class SurgerySettings(_Table):
    """The numbers of one practice; `practice` as the history names it."""

    practice: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    phone: Annotated[str, Field(min_length=3)]
    hours: Annotated[str, Field(min_length=1)]


class ContactSettings(_Table):
    """Whom a home rings: a surgery for practices that are not named, and the numbers that are the same for all.

    `problems` is who is told of a problem with the pages, as people are to read it.
    """

    name: str = ""
    phone: str = ""
    hours: str = ""
    urgent_response: str = ""
    out_of_hours: str = "111"
    problems: str = ""
    surgeries: tuple[SurgerySettings, ...] = ()


class MailSettings(_Table):
    """How mail goes out; see serving/mail/policy.py for what may go where. The password is the secret mail-password.

    `teams` gives addresses by the id of a team; those of homes are the records'.
    """

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    timeout_seconds: PositiveFloat = 20
    ca_file: Path | None = None
    sender: str = ""
    sender_name: str = ""
    room: str = ""
    teams: dict[str, str] = {}
    attachments: bool = False
    allowed_domains: tuple[str, ...] = ()
    accredited_domains: tuple[str, ...] = ("nhs.net",)
