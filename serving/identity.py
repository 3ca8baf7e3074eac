"""Names and NHS numbers: kept apart from the history, encrypted at rest, opened only to render a list for one person.

The store is `identities.sealed` (Fernet: AES-128-CBC with HMAC-SHA256) in the history's folder or wherever the
settings say, with `identities.index` beside it: keyed digests of NHS numbers, to find one person without opening all.
A plain identities.parquet or .csv can be read too, with a warning.
"""

import hmac
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.contract import INDEX, SEALED, TABLES
from features.history import locate, read_table
from features.problems import HistoryError, UsageError

from .keys import key, write_private
from .render.words import count
from .rows import Identity

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_VARIABLE = "HOMEROUND_IDENTITY_KEY"
NOT_VALID = "number not valid"
_CHECK = "key"  # stands in every index, to tell a wrong key from a number that nobody has
_PLAIN = ("identities.parquet", "identities.csv")


@dataclass(frozen=True)
class Names:
    """Identities by resident_id, and what the reader should know of how they were kept or found."""

    people: Mapping[str, Identity]
    warnings: tuple[str, ...]


def seal(history: Path, secret: bytes) -> Path | None:
    """Encrypt a history's plain identities and remove the plain file; None when there are none."""
    plain = locate(history, "identities")
    if plain is None:
        return None
    table, problems = read_table(history, TABLES["identities"])
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise HistoryError(errors)
    seal_table(table, history, secret)
    for path in sorted(plain.rglob("*"), reverse=True) if plain.is_dir() else ():
        path.unlink()
    plain.rmdir() if plain.is_dir() else plain.unlink()
    return history / SEALED


def seal_table(table: pa.Table, folder: Path, secret: bytes, before: Path | None = None) -> None:
    """Encrypt identities into a folder; who comes without a name keeps that of the history `before`."""
    if before is not None and (before / SEALED).is_file():
        table = _named(table, _unsealed(before / SEALED, secret))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    write_private(folder / INDEX, _index(table, secret))
    write_private(folder / SEALED, _fernet(secret).encrypt(buffer.getvalue()))


def _named(table: pa.Table, old: pa.Table) -> pa.Table:
    known = {row["resident_id"]: row for row in old.to_pylist()}
    rows = [row if row["family_name"] else known.get(row["resident_id"], row) for row in table.to_pylist()]
    return pa.Table.from_pylist(rows, table.schema)


def find(number: str, store: Path, secret: bytes) -> str | None:
    """The resident_id of an NHS number, without opening the identities; None where nobody has it.

    Raises UsageError for a number with a wrong check digit, a key that is not the one, or no index.
    """
    index = (store if store.is_dir() else store.parent) / INDEX
    if not index.is_file():
        raise UsageError(f"no {INDEX} in {index.parent}: seal the identities again with `homeround seal`")
    if not _is_valid(number):
        raise UsageError("that is not an NHS number: its check digit is wrong")
    found = pq.read_table(index, filters=[("number", "in", [_keyed(number, secret), _keyed(_CHECK, secret)])])
    people = dict(zip(found["number"].to_pylist(), found["resident_id"].to_pylist(), strict=True))
    if _keyed(_CHECK, secret) not in people:
        raise UsageError(f"the identity key is not that of {index}")
    return people.get(_keyed(number, secret))


def _index(table: pa.Table, secret: bytes) -> bytes:
    """Keyed digests of NHS numbers beside the pseudonyms, in the order of the digests."""
    numbers = [_keyed(number, secret) for number in (*table["nhs_number"].to_pylist(), _CHECK)]
    people = [*table["resident_id"].to_pylist(), None]
    buffer = io.BytesIO()
    pq.write_table(pa.table({"number": numbers, "resident_id": people}).sort_by("number"), buffer)
    return buffer.getvalue()


def _keyed(number: str | None, secret: bytes) -> str:
    """HMAC-SHA256 under a key of its own, made from the identity key."""
    index_key = hmac.digest(secret, b"homeround index of NHS numbers", "sha256")
    return hmac.digest(index_key, re.sub(r"[\s-]", "", number or "").encode(), "sha256").hex()


def names_of(residents: Collection[str], born: Mapping[str, date], store: Path, key_file: Path) -> Names:
    """Who these residents are. `store` is a sealed file or a history's folder; `born` gives dates of birth.

    Raises UsageError when there is no store, no key, or the key does not open it.
    """
    table, warnings = _open(store, key_file)
    table = table.filter(pc.is_in(table["resident_id"], pa.array(sorted(residents), pa.string())))
    people, wrong = {}, 0
    for row in table.to_pylist():
        valid = _is_valid(row["nhs_number"])
        wrong += not valid
        number = row["nhs_number"] if valid else NOT_VALID
        who = row["resident_id"]
        people[who] = Identity(row["given_name"], row["family_name"], number, born.get(who), row["room"])
    return Names(people, (*warnings, *_said(people, len(set(residents)), wrong)))


def _said(people: Mapping[str, Identity], wanted: int, wrong: int) -> list[str]:
    said = []
    if wrong:
        said.append(f"{count(wrong, 'NHS number')} not valid and not shown: find the right number in the record.")
    if unknown := wanted - len(people):
        said.append(f"{count(unknown, 'resident')} shown by pseudonym: no name on file.")
    names = [(one.given_name.casefold(), one.family_name.casefold()) for one in people.values() if one.family_name]
    if len(set(names)) < len(names):
        said.append("Residents on this list share a name: check date of birth and NHS number.")
    return said


def _is_valid(number: str | None) -> bool:
    import nhs_number

    return number is not None and bool(nhs_number.is_valid(number))


def _open(store: Path, key_file: Path) -> tuple[pa.Table, tuple[str, ...]]:
    sealed = store / SEALED if store.is_dir() else store
    if sealed.is_file() and sealed.name not in _PLAIN:
        return _unsealed(sealed, key(key_file, KEY_VARIABLE)), ()
    folder = store if store.is_dir() else store.parent
    if locate(folder, "identities") is None:
        raise UsageError(f"no identities in {store}: expected {SEALED}, or identities.parquet or .csv")
    table, problems = read_table(folder, TABLES["identities"])
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise HistoryError(errors)
    return table, ("The identities are kept unencrypted: seal them with `homeround seal`.",)


def _unsealed(sealed: Path, secret: bytes) -> pa.Table:
    from cryptography.fernet import InvalidToken

    try:
        data = _fernet(secret).decrypt(sealed.read_bytes())
    except InvalidToken:
        raise UsageError(f"the key does not open {sealed}, or the file was changed") from None
    return pq.read_table(io.BytesIO(data))


def _fernet(secret: bytes) -> "Fernet":
    from cryptography.fernet import Fernet

    try:
        return Fernet(secret)
    except ValueError:
        raise UsageError("the identity key is not a Fernet key (32 bytes in URL-safe base64)") from None
