"""Commands that handle names: reveal, seal and find."""

from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

from features.problems import UsageError
from serving import audit, identity
from serving.copies import formats_of
from serving.keys import key, make_key
from serving.reveal import reveal as disclose

from .settings import load
from .steps_common import existing
from .terminal import as_json, err, out


def reveal(
    folder: Path, for_whom: str, purpose: str, target: Path, history: Path | None, formats: str, *, machine: bool
) -> None:
    """Named copies of one list."""
    asked, chosen = formats_of(formats), load()
    done = disclose(
        folder,
        history=existing(history or chosen.paths.history),
        store=Path(chosen.paths.identities) if chosen.paths.identities else None,
        key_file=chosen.paths.identity_key,
        for_whom=for_whom,
        purpose=purpose,
        out=target,
        formats=asked,
    )
    files = [str(path) for path in done.files]
    if machine:
        as_json({"files": files, "people": done.people, "warnings": list(done.warnings)})
        return
    for warning in done.warnings:
        err.print(f"[yellow]{warning}[/yellow]")
    out.print(f"{done.people} people named, for {for_whom}: this use is in the audit trail")
    for path in files:
        out.print(f"  {path}")


def seal(history: Path | None, *, machine: bool) -> None:
    """Encrypt the identities of a history."""
    chosen = load()
    folder = existing(history or chosen.paths.history)
    sealed = identity.seal(folder, make_key(chosen.paths.identity_key, identity.KEY_VARIABLE))
    if sealed is None:
        raise UsageError(f"there are no plain identities in {folder}")
    as_json({"file": str(sealed)}) if machine else out.print(f"[bold]{sealed}[/bold]: sealed, the plain file is gone")


def find(number: str, for_whom: str, purpose: str, history: Path | None, *, machine: bool) -> None:
    """The pseudonym of one NHS number; that it was asked for is in the audit trail, the number is not."""
    if not for_whom.strip() or not purpose.strip():
        raise UsageError("say who asks (--for) and for what purpose (--purpose)")
    chosen = load()
    folder = existing(history or chosen.paths.history)
    secret = key(chosen.paths.identity_key, identity.KEY_VARIABLE)
    found = identity.find(number, Path(chosen.paths.identities) if chosen.paths.identities else folder, secret)
    asked = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": getuser(),
        "for": for_whom,
        "purpose": purpose,
    }
    audit.append(chosen.paths.published.parent / "audit/reveal.jsonl", asked | {"found": found})
    if machine:
        as_json({"resident_id": found})
    else:
        out.print(found or "nobody in this history has that number")
