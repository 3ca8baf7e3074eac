"""`homeround mail`: tell homes that something is shared with them, and teams that their list is out.

What is told is looked at when the mail is made and again when the server is ready to take it: nobody who was withdrawn,
has died, moved or gone into hospital by then is counted or stands in a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Any

from features.problems import HeldBack, UsageError
from serving.access import COMMAND_LINE
from serving.mail.due import Notice, Tried, home_notice, is_due, team_notices, tries_before
from serving.mail.message import Sender, notice, require_sender, with_file
from serving.mail.policy import Policy, domain
from serving.mail.send import Delivery, Outgoing, deliver
from serving.register import Home
from serving.render.pdf import to_pdf
from serving.store import deliveries, feed, releases, trail
from serving.store.releases import Release
from serving.summary.content import HomeSummary
from serving.summary.page import summary_page
from serving.summary.week import WORD_HOLDS, Known, home_week, listed_at, week_of
from serving.web.room import Room

from .lock import only_one
from .plain_home import mail_policy, mail_sender, mail_server
from .room import room_of
from .settings import Settings, load
from .terminal import as_json, progress, show_mail

Row = dict[str, Any]
NOT_GONE = ("will_retry", "failed", "cannot")


@dataclass(frozen=True)
class Job:
    """What every mail of a run needs."""

    room: Room
    sender: Sender
    policy: Policy
    now: datetime


def mail(*, dry_run: bool, again: bool, machine: bool) -> int:
    """Send what is due and say what became of it. 4 when anything that should have gone did not."""
    with progress("Looking at who is to be told"):
        rows = tell(load(), dry_run=dry_run, again=again)
    if machine:
        as_json({"status": "dry run" if dry_run else "done", "mails": rows})
    else:
        show_mail(rows)
    return HeldBack.exit_code if any(row["state"] in NOT_GONE for row in rows) else 0


def tell(chosen: Settings, *, dry_run: bool = False, again: bool = False) -> list[Row]:
    """Send what is due. Raises HeldBack while another run sends, UsageError for settings that cannot send."""
    sender = mail_sender(chosen)
    require_sender(sender)
    with only_one(chosen.paths.work / "mail.lock", "mail"):
        room = room_of(chosen)
        job = Job(room, sender, mail_policy(chosen), room.clock())
        job.room.keep_places()
        return list(run(job, chosen, dry_run=dry_run, again=again))


def run(job: Job, chosen: Settings, *, dry_run: bool, again: bool) -> Iterator[Row]:
    """A row for each home and team: sent, will_retry, failed, cannot, to_send (a dry run) or told (before)."""
    notices = team_notices(job.room.lists.latest(), week_of(job.now), chosen.mail.teams, job.sender)
    for found in _of_homes(job):
        if isinstance(found, Notice):
            notices.append(found)
        else:
            yield found
    last = _last(job)
    made: list[tuple[Notice, EmailMessage]] = []
    for one in notices:
        before = last.get((one.about, one.recipient))
        if not is_due(one, before, job.now, again=again):
            state = "told" if before is None or before.state == "sent" else before.state
            yield _row(one, state, "" if before is None else before.last_error)
            continue
        try:
            made.append((one, _message(one, job)))
        except UsageError as error:
            yield _row(one, "cannot", str(error))
    if dry_run:
        yield from (_row(one, "to_send", message["Subject"]) for one, message in made)
    elif made:
        yield from _sent(job, chosen, made, last)


def _last(job: Job) -> Mapping[tuple[str, str], deliveries.Delivery]:
    with job.room.store.reading() as db:
        return {(one.home_id, one.recipient): one for one in deliveries.all_of_week(db, week_of(job.now))}


def _sent(
    job: Job, chosen: Settings, made: list[tuple[Notice, EmailMessage]], last: Mapping[tuple[str, str], Tried]
) -> Iterator[Row]:
    """Each result is kept as it comes, so that a run that is killed sends nothing twice that it has told of."""
    by_key = {f"{i}": one for i, (one, _) in enumerate(made)}
    queue = [
        Outgoing(
            f"{i}", message, tries_before(last.get((one.about, one.recipient))), partial(_still, job, one, message)
        )
        for i, (one, message) in enumerate(made)
    ]

    def keep(result: Delivery) -> None:
        one = by_key[result.key]
        if result.state == "changed":
            return
        with job.room.store.transaction() as db:
            deliveries.record(db, one.about, one.week_of, one.recipient, result.state, result.reason, job.room.clock())

    for result in deliver(queue, mail_server(chosen), tell=keep):
        yield _row(by_key[result.key], result.state, result.reason)


def _still(job: Job, one: Notice, message: EmailMessage) -> bool:
    """Whether a home's mail is right at this moment. The trail is told of a file with names before it leaves."""
    if one.summary is None:
        return True
    now = replace(job, now=job.room.clock())
    try:
        shared, known = _shared(now)
        home = known.register.homes.get(one.about)
        if not home or not one.tells_the_same(_notice(now, home, shared.get(one.about, ()), known)):
            return False
        if message.is_multipart():
            told = {"residents": list(one.residents), "to": one.recipient}
            with job.room.store.transaction() as db:
                trail.append(db, COMMAND_LINE, "summary_mailed", now.now, home_id=one.about, detail=told)
    except UsageError:
        return False
    return True


def _of_homes(job: Job) -> Iterator[Notice | Row]:
    """A notice for each home that something is shared with, or why there can be none."""
    shared, known = _shared(job)
    for home_id in sorted(shared):
        home = known.register.homes.get(home_id)
        if home is None:
            continue
        try:
            found = _notice(job, home, shared[home_id], known)
        except UsageError as error:
            yield {
                "about": home_id,
                "label": home.label,
                "recipient": home.email,
                "state": "cannot",
                "reason": str(error),
            }
        else:
            if found:
                yield found


def _shared(job: Job) -> tuple[Mapping[str, Sequence[Release]], Known]:
    """What is shared with each home, and what is known of its residents."""
    room, register = job.room, job.room.register()
    with room.store.reading() as db:
        found = releases.to_tell(db, job.now)
        said = {one.resident_id: one for one in feed.whereabouts(db, job.now - WORD_HOLDS, job.now)}
    shared: dict[str, list[Release]] = {}
    for one in found:
        shared.setdefault(one.home_id, []).append(one)
    return shared, Known(register, room.names(register).people, said)


def _notice(job: Job, home: Home, shared: Sequence[Release], known: Known) -> Notice | None:
    """None where nothing of what was shared may be shown now. Raises UsageError without numbers or an address."""
    contacts = job.room.directory.contacts(home.label, home.practice)
    talked = listed_at(job.room.lists.latest(), home.home_id, job.now)
    summary, left_out = home_week(home, job.now, released=shared, talked=talked, known=known, contacts=contacts)
    if not summary.residents:
        return None
    if not home.email:
        raise UsageError(f"{home.label} has no mail address in the records (column email of homes)")
    out = {one.resident_id for one in left_out}
    shown = [one for one in shared if one.resident_id not in out]
    told, newest = tuple(sorted(one.resident_id for one in shown)), max(one.released_at for one in shown)
    return home_notice(home.home_id, home.email, summary, told, newest, job.sender)


def _message(one: Notice, job: Job) -> EmailMessage:
    summary: HomeSummary | None = one.summary
    if summary and job.policy.attachments and domain(one.recipient) in job.policy.allowed_domains:
        pdf = to_pdf(summary_page(summary))
        return with_file(one.letter, one.recipient, job.sender, job.policy, summary, one.about, pdf)
    return notice(one.letter, one.recipient, job.sender, job.policy, job.now)


def _row(one: Notice, state: str, reason: str) -> Row:
    return {"about": one.about, "label": one.label, "recipient": one.recipient, "state": state, "reason": reason}
