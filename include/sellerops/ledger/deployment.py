"""Ledger and archive belong together: both carry the id of their deployment.

The ledger holds absolute addresses of archived documents. A second deployment on the same database, with an
archive of its own, would be served the first one's addresses; two ledgers over one archive would delete each
other's documents. So the first task that uses an archive marks it, and every other pairing is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection


@dataclass(frozen=True)
class Deployment:
    """``id``: of the ledger. ``archive``: the root it was used with; None when it never was."""

    id: str
    archive: str | None


@dataclass(frozen=True)
class AdoptedArchive:
    """``addresses``: documents whose address in the ledger has changed with the archive's."""

    root: str
    addresses: int


def deployment_of(ledger: Ledger) -> Deployment:
    """What the ledger says of itself."""
    return ledger.database.run(_read)


def bind_archive(ledger: Ledger, archive: Archive) -> None:
    """Tie the archive to the ledger at their first use; later make sure that they are still tied.

    Raises ConfigurationError for the archive of another ledger, and for another archive than the ledger's.
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
            remedy="Give each deployment a database and an archive of its own. If the other ledger is gone "
            f"for good: `sellerops ledger adopt-archive --archive {archive.root}`.",
        )
    if known.archive != archive.root:
        raise ConfigurationError(
            f"the ledger's archive is {known.archive}, not this one.",
            where=f"archive {archive.root}",
            remedy="Correct the variable sellerops_archive_uri; a second deployment needs a database of its "
            "own. If the archive was moved here: "
            f"`sellerops ledger adopt-archive --archive {archive.root}`.",
        )
    if owner is None:
        raise ConfigurationError(
            "the archive has lost its mark, or its folder is not mounted.",
            where=f"archive {archive.root}",
            remedy="Mount or restore the archive. If this is the right folder: "
            f"`sellerops ledger adopt-archive --archive {archive.root}`.",
        )


def adopt_archive(ledger: Ledger, archive: Archive) -> AdoptedArchive:
    """Make this archive the ledger's, whoever it belonged to; documents of the ledger's former archive are
    looked for here.
    """
    known = deployment_of(ledger)
    archive.mark(known.id)
    addresses = ledger.database.run(lambda connection: _adopt(connection, known.archive, archive.root))
    return AdoptedArchive(archive.root, addresses)


def _read(connection: Connection) -> Deployment:
    row = connection.execute("SELECT id::text AS id, archive FROM sellerops.deployment").fetchone()
    assert row is not None
    return Deployment(**row)


def _bind(connection: Connection, root: str) -> Deployment:
    """The first root stays; another process may have been faster, with another one."""
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
