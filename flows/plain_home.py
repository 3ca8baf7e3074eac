"""Settings of what goes to homes, as the plain values that serving/ takes."""

from features.problems import UsageError
from serving.mail.message import Sender
from serving.mail.policy import Policy
from serving.mail.send import Server
from serving.summary.contacts import Directory, Surgery

from .lawful import only_invented
from .secrets import secret
from .settings import Settings


def directory(settings: Settings) -> Directory:
    """Every number that a home may be given."""
    given = settings.contact
    return Directory(
        {one.practice: Surgery(one.name, one.phone, one.hours) for one in given.surgeries},
        Surgery(given.name, given.phone, given.hours),
        given.urgent_response,
        given.out_of_hours,
        only_invented(settings.lawful_use),
    )


def mail_policy(settings: Settings) -> Policy:
    given = settings.mail
    allowed, accredited = (frozenset(d.lower() for d in ds) for ds in (given.allowed_domains, given.accredited_domains))
    return Policy(given.attachments, allowed, accredited)


def mail_sender(settings: Settings) -> Sender:
    return Sender(settings.mail.sender, settings.mail.sender_name, settings.mail.room)


def mail_server(settings: Settings) -> Server:
    """The mail server, signed in to with the secret mail-password. Raises UsageError that names what is not set."""
    given = settings.mail
    if missing := [name for name in ("host", "sender", "sender_name", "room") if not getattr(given, name)]:
        raise UsageError(f"mail cannot be sent: set {', '.join(missing)} in [mail] of {settings.source}")
    password = secret("mail-password", settings) if given.user else ""
    ca_file = settings.source.parent / given.ca_file if given.ca_file else None
    return Server(given.host, given.port, given.security, given.user, password, given.timeout_seconds, ca_file)
