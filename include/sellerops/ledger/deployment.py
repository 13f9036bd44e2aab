"""Pairing a ledger with its archive: both carry the id of their deployment.

The ledger holds absolute addresses of archived documents. A second deployment on the same database, with its
own archive, would get the first one's addresses; two ledgers with one archive would delete each other's
documents. So the first task that uses an archive marks it, and every other pairing is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection

# More than one, because some may already have been deleted after their retention.
_NEWEST = 20


@dataclass(frozen=True)
class Deployment:
    """A ledger's deployment.

    ``id``: the id that ledger and archive carry. ``archive``: the root of its archive; None if it has none
    yet.
    """

    id: str
    archive: str | None


@dataclass(frozen=True)
class AdoptedArchive:
    """The result of ``adopt_archive``. ``addresses``: how many documents got a new address in the ledger."""

    root: str
    addresses: int


def deployment_of(ledger: Ledger) -> Deployment:
    """The deployment that this ledger belongs to."""
    return ledger.database.run(_read)


def bind_archive(ledger: Ledger, archive: Archive) -> None:
    """Pair the archive with the ledger at first use; later check that they still match.

    Raises ConfigurationError if the archive belongs to another ledger, the ledger to another archive, or the
    archive's mark is missing.
    """
    known = deployment_of(ledger)
    owner: str | None
    if known.archive is None:
        owner = archive.claim(known.id)
        if owner == known.id:
            known = ledger.database.run(lambda connection: _bind(connection, archive.root))
    else:
        owner = archive.owner()
    if owner is not None and owner != known.id:
        raise ConfigurationError(
            f"the archive belongs to another ledger (deployment {owner}; this ledger's is {known.id}).",
            where=f"archive {archive.root}",
            remedy="Give each deployment its own database and archive. If the other ledger no longer "
            f"exists: `sellerops ledger adopt-archive --archive {archive.root}`.",
        )
    if known.archive != archive.root:
        raise ConfigurationError(
            f"the ledger's archive is {known.archive}, not this one.",
            where=f"archive {archive.root}",
            remedy="Correct the variable sellerops_archive_uri; a second deployment needs its own database. "
            "If the archive was moved here: "
            f"`sellerops ledger adopt-archive --archive {archive.root}`.",
        )
    if owner is None:
        raise ConfigurationError(
            "the archive's sellerops-archive.json is missing, or its folder is not mounted.",
            where=f"archive {archive.root}",
            remedy="Mount or restore the archive. If this is the right folder: "
            f"`sellerops ledger adopt-archive --archive {archive.root}`.",
        )


def adopt_archive(ledger: Ledger, archive: Archive) -> AdoptedArchive:
    """Pair this archive with the ledger, whoever owned it before.

    Document addresses in the ledger's former archive are rewritten to this one.
    """
    known = deployment_of(ledger)
    archive.mark(known.id)
    addresses = ledger.database.run(lambda connection: _adopt(connection, known.archive, archive.root))
    return AdoptedArchive(archive.root, addresses)


def refuse_other_documents(ledger: Ledger, archive: Archive) -> None:
    """Raise ConfigurationError if the archive has none of the newest documents that the ledger knows.

    Then it is an empty folder, for example because nothing is mounted there, or another installation's
    archive.
    """
    former = f"{deployment_of(ledger).archive}/"
    newest = ledger.database.run(_newest)
    known = [f"{archive.root}/{uri.removeprefix(former)}" for uri in newest if uri.startswith(former)]
    if known and not any(map(archive.has, known)):
        raise ConfigurationError(
            f"has none of the {len(known)} newest documents that the ledger knows, such as {known[0]}.",
            where=f"archive {archive.root}",
            remedy="Mount the folder or copy the documents there, or correct the address. If they are lost: "
            f"`sellerops ledger adopt-archive --without-documents --archive {archive.root}`.",
        )


def restored_statements(point: datetime) -> tuple[str, str]:
    """Statements that record, in the transaction that restores the ledger, that it was restored to ``point``.

    ``point`` is by the ledger's clock. Writes that the restored ledger has as not sent may have reached
    Amazon since, so they are marked as sent: the next try first checks whether they took effect.
    """
    return (
        f"UPDATE sellerops.deployment SET restored_at = sellerops.now(), restored_to = '{point.isoformat()}'",
        "UPDATE sellerops.write_call SET state = 'sent', holder = NULL, "
        "held_until = sellerops.now(), sent_at = coalesce(sent_at, sellerops.now()) "
        "WHERE state IN ('intended', 'refused')",
    )


def _read(connection: Connection) -> Deployment:
    row = connection.execute("SELECT id::text AS id, archive FROM sellerops.deployment").fetchone()
    assert row is not None
    return Deployment(**row)


def _newest(connection: Connection) -> list[str]:
    """The addresses of the newest documents: of those collected, and of those loaded."""
    rows = connection.execute(
        "(SELECT archive_uri AS uri FROM sellerops.report_request WHERE archive_uri IS NOT NULL "
        "ORDER BY id DESC LIMIT %(most)s) UNION "
        "(SELECT document->>'uri' FROM sellerops.load WHERE document ? 'uri' "
        "ORDER BY id DESC LIMIT %(most)s)",
        {"most": _NEWEST},
    )
    return [row["uri"] for row in rows]


def _bind(connection: Connection, root: str) -> Deployment:
    """Store the root unless another process has stored one meanwhile; return what is stored."""
    connection.execute(
        "UPDATE sellerops.deployment SET archive = %s, bound_at = sellerops.now() WHERE archive IS NULL",
        (root,),
    )
    return _read(connection)


def _adopt(connection: Connection, former: str | None, root: str) -> int:
    with connection.transaction():
        connection.execute(
            "UPDATE sellerops.deployment SET archive = %s, bound_at = sellerops.now()", (root,)
        )
        if former is None or former == root:
            return 0
        values = {"former": f"{former}/", "root": f"{root}/"}
        moved = connection.execute(
            "UPDATE sellerops.report_request SET archive_uri = %(root)s || substr(archive_uri, "
            "length(%(former)s) + 1) WHERE starts_with(archive_uri, %(former)s)",
            values,
        ).rowcount
        connection.execute(
            "UPDATE sellerops.load SET document = jsonb_set(document, '{uri}', to_jsonb(%(root)s || "
            "substr(document->>'uri', length(%(former)s) + 1))) "
            "WHERE starts_with(document->>'uri', %(former)s)",
            values,
        )
        connection.execute(
            "UPDATE sellerops.personal_document SET uri = %(root)s || substr(uri, length(%(former)s) + 1) "
            "WHERE starts_with(uri, %(former)s)",
            values,
        )
        return moved
