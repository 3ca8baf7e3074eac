"""The schedule: monitoring and the weekly lists on Monday mornings, mail all week where there is a mail server, and
training when somebody asks for it."""

from .prefect_api import running
from .settings import Settings


def serve_flows(settings: Settings) -> None:
    """Serve the deployments until stopped, with the operator's Prefect server or one of our own."""
    with running(settings.paths.work, scheduling=True):
        from prefect import serve

        serve(*deployments(settings), pause_on_shutdown=False, print_starting_message=True)


def deployments(settings: Settings) -> tuple:
    """Monitoring, the weekly lists and the mail with their schedules in civil time, and the training without one."""
    from prefect.schedules import Cron

    from .mail_flow import mail
    from .monitor import monitor
    from .retrain import retrain
    from .weekly import weekly

    given = {"settings": str(settings.source)}
    when = Cron(settings.schedule.weekly, timezone=settings.schedule.timezone)
    before = Cron(settings.schedule.monitor, timezone=settings.schedule.timezone)
    served = (
        monitor.to_deployment("monitor", schedule=before, parameters=given, concurrency_limit=1),
        weekly.to_deployment("weekly", schedule=when, parameters=given, concurrency_limit=1),
        retrain.to_deployment("retrain", parameters=given, concurrency_limit=1),
    )
    if not (settings.mail.host and settings.schedule.mail):
        return served
    often = Cron(settings.schedule.mail, timezone=settings.schedule.timezone)
    return *served, mail.to_deployment("mail", schedule=often, parameters=given, concurrency_limit=1)
