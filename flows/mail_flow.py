"""The mail flow: what `homeround mail` does, every few minutes. Prefect sees how many mails there were: no address."""

from collections import Counter

from prefect import flow, get_run_logger

from . import mail as mails
from .settings import load
from .shield import Job
from .tasks import as_task


def send_mail(job: Job) -> dict[str, int]:
    """How many mails became what."""
    return dict(Counter(row["state"] for row in mails.tell(load(job["settings"]))))


send = as_task(send_mail, "send", tries=1)  # what is refused for now is due again in a later run


@flow(name="mail")
def mail(settings: str = "") -> dict[str, int]:
    """Tell homes and teams what is due; how many mails became what."""
    chosen = load(settings or None)
    done: dict[str, int] = send({"settings": str(chosen.source), "work": str(chosen.paths.work)})
    said = ", ".join(f"{state} {number}" for state, number in sorted(done.items())) or "nobody is to be told"
    log = get_run_logger()
    (log.warning if any(state in done for state in mails.NOT_GONE) else log.info)(said)
    return done
