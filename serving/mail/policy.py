"""What may be mailed, to whom and how it is marked: nothing about a resident unless a site says so, and then only to
domains that it has named.

NHSmail encrypts a mail to a domain outside the accredited ones (DCB1596, the secure email standard) only if its subject
begins with [secure]; so every subject does, but to domains that are known to be accredited.
"""

import re
from dataclasses import dataclass
from datetime import date

from features.problems import UsageError
from serving.slugs import slug

SECURE = "[secure] "
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?=[^@]{1,253}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True)
class Policy:
    """A site's choice: files by mail or not, the domains that may get them, and those that need no mark."""

    attachments: bool = False
    allowed_domains: frozenset[str] = frozenset()
    accredited_domains: frozenset[str] = frozenset({"nhs.net"})


def recipient(address: str) -> str:
    """One plain address. Raises UsageError for none, several, or one with a name or anything else around it."""
    if not _ADDRESS.fullmatch(address):
        raise UsageError("this is not one mail address: give it as name@domain, alone")
    return address


def domain(address: str) -> str:
    return recipient(address).rpartition("@")[2].lower()


def marked(subject: str, address: str, policy: Policy) -> str:
    """The subject as it is sent to this address."""
    plain = subject.removeprefix(SECURE)
    return plain if domain(address) in policy.accredited_domains else SECURE + plain


def require_attachment(address: str, policy: Policy) -> None:
    """Raises UsageError where no file may go to this address."""
    if not policy.attachments:
        raise UsageError("files are not sent by mail; the mail says where to sign in ([mail] attachments = true)")
    if domain(address) not in policy.allowed_domains:
        raise UsageError(
            f"{domain(address)} may not be sent a file: name it in [mail] allowed_domains of the settings, once it is "
            "known that the domain is the home's own"
        )


def file_name(home_label: str, home_id: str, week_of: date) -> str:
    """What an attached summary is called: home and week, and no person."""
    return f"home-summary_{slug(home_label, home_id)}_{week_of.isoformat()}.pdf"
