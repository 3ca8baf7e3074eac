"""A mail to a home or a team: one recipient, a short subject, who sends it, and one thing to do.

By default it carries no word about a resident: how many, and where to sign in.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urlsplit

from features.problems import UsageError
from serving.render import words
from serving.summary.content import HomeSummary
from serving.summary.release import LONDON

from .policy import Policy, domain, file_name, marked, recipient, require_attachment

_CARE = "give it only to staff caring for these residents, and destroy it once it is out of date."
_URGENT = "If someone is unwell now, use your own deterioration tool and call as usual. 999 in an emergency."


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails: the address it comes from, a name people know, and the web address of the review room."""

    address: str
    name: str
    room: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it is known to whom."""

    subject: str
    body: str


def home_letter(summary: HomeSummary, sender: Sender) -> Letter:
    """To a home: how many residents its summary is about, and where to read it. Raises UsageError for an empty one:
    nothing was shared, so nothing is said."""
    if not summary.residents:
        raise UsageError(f"nothing is shared with {summary.home_label}, so there is no mail to send")
    count = words.count(len(summary.residents), "resident")
    return Letter(
        f"Weekly summary ready: {_line(summary.home_label)}",
        f"{_line(summary.home_label)}, week of {words.day(summary.week_of)}: {count} to look out for.\n\n"
        f"Sign in to read the summary: {_room(sender)}\n\n"
        f"Use it until {words.day(summary.use_until)}.\n{_URGENT}\n\n{_signed(sender)}",
    )


def team_letter(label: str, week_of: date, listed: int, new: int, sender: Sender) -> Letter:
    """To a team: how many residents its list has this week, and how many are new."""
    verb = "is" if listed == 1 else "are"
    return Letter(
        f"Review list ready: {_line(label)}",
        f"Week of {words.day(week_of)}: {words.count(listed, 'resident')} {verb} listed for review ({new} new).\n\n"
        f"Sign in to see the list: {_room(sender)}\n\n"
        f"This list does not know about today. If someone is unwell, follow your usual route.\n\n{_signed(sender)}",
    )


def notice(letter: Letter, to: str, sender: Sender, policy: Policy, at: datetime) -> EmailMessage:
    """The mail of a letter to one address. Its id stays the same when it is sent again, so a copy can be known."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(_line(sender.name), addr_spec=recipient(sender.address))
    made["To"] = recipient(to)
    made["Subject"] = marked(letter.subject, to, policy)
    made["Date"] = at.astimezone(LONDON)
    made["Message-ID"] = f"<{_digest(letter, to)}@{domain(sender.address)}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.body)
    return made


def with_file(
    letter: Letter, to: str, sender: Sender, policy: Policy, summary: HomeSummary, home_id: str, pdf: bytes
) -> EmailMessage:
    """The same with the home's summary as a file. Raises UsageError where no file may go to this address."""
    require_attachment(to, policy)
    said = f"The summary is attached. It holds personal information: {_CARE}\n\n{letter.body}"
    made = notice(Letter(letter.subject, said), to, sender, policy, summary.made_at)
    name = file_name(summary.home_label, home_id, summary.week_of)
    made.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    return made


def require_sender(sender: Sender) -> None:
    """Raises UsageError where no mail can be made at all, whoever it is for."""
    if not sender.name.strip():
        raise UsageError("say who sends the mails ([mail] sender_name)")
    try:
        recipient(sender.address)
    except UsageError as error:
        raise UsageError(f"the address that mails come from cannot be used ([mail] sender): {error}") from None
    _room(sender)


def _room(sender: Sender) -> str:
    """The room's address: encrypted, and with nothing in it that could tell of a person."""
    parts = urlsplit(sender.room)
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"))
    if not encrypted or not parts.hostname or parts.query or parts.fragment:
        raise UsageError("the address of the review room begins with https:// and ends with its path ([mail] room)")
    return sender.room


def _signed(sender: Sender) -> str:
    return f"Sent by {_line(sender.name)}. Please do not answer this mail with anything about a resident: ring us."


def _digest(letter: Letter, to: str) -> str:
    return hashlib.sha256("\0".join((to, letter.subject, letter.body)).encode()).hexdigest()[:32]


def _line(text: str) -> str:
    """One line, so that no name of a home can add a header."""
    return " ".join(words.plain(text).split())
