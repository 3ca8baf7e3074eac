"""Commands of the review room: serve, mail, accounts, trail."""

from typing import Annotated

import typer

from .commands import Json, app, reported

accounts = typer.Typer(help="Who may sign in to the review room.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(accounts, name="accounts")
trail = typer.Typer(help="Who saw or did what in the review room.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(trail, name="trail")
Username = Annotated[str, typer.Argument(metavar="USERNAME")]


@app.command()
@reported
def serve(
    host: Annotated[str, typer.Option(help="[web.host]", show_default=False)] = "",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="[web.port]", show_default=False)] = None,
) -> None:
    """Serve the review room.

    Stays running. Beyond this machine, put a server with TLS before it and name its host in [web.allowed_hosts].
    """
    from .room_server import serve as run

    run(host, port)


@app.command()
@reported
def mail(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; say whom it would tell.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also what was given up before.")] = False,
    json: Json = False,
) -> int:
    """Tell homes and teams that there is something to read.

    How many and where to sign in, to the address of each home that something is shared with and of each team of
    [mail.teams]. Run it every ten minutes: what is told is not told twice, and what a server refused for now is tried
    again when it is time.
    """
    from .mail import mail as run

    return run(dry_run=dry_run, again=again, machine=json)


@accounts.command("add")
@reported
def add(
    username: Username,
    name: Annotated[str, typer.Option(metavar="NAME", help="The person's name.")],
    role: Annotated[str, typer.Option(help="gp, mdt_lead, home_manager, data_scientist or administrator.")],
    scope: Annotated[
        list[str] | None, typer.Option("--for", metavar="ID", help="A practice, team or home; repeatable.")
    ] = None,
) -> None:
    """Make an account; the password is asked for."""
    from .room import add as run

    run(username, name, role, scope or ())


@accounts.command("list")
@reported
def list_(json: Json = False) -> None:
    """Name every account."""
    from .room import show_accounts

    show_accounts(machine=json)


@accounts.command("disable")
@reported
def disable(username: Username) -> None:
    """End an account's sign-ins and let nobody sign in with it."""
    from .room import disable as run

    run(username)


@accounts.command("password")
@reported
def password(username: Username) -> None:
    """Set a new password, which is asked for."""
    from .room import change_password

    change_password(username)


@trail.command("verify")
@reported
def verify(
    head: Annotated[str, typer.Option(metavar="NUMBER:DIGEST", help="An end that a check printed before.")] = "",
    json: Json = False,
) -> int:
    """Check that the trail and what was decided are as the room wrote them.

    Lines that were changed, removed or reordered are found, and decisions, actions and responses that are not as they
    were saved. Prints where the trail ends: keep it outside the store, and give it to the next check. Exit code 3: the
    trail is not whole, and why.
    """
    from .trail import verify as run

    return run(head, machine=json)
