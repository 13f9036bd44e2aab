"""The rows of a run's decisions and documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from sellerops.inbound.models import Combination, Offer

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from sellerops.archive import ArchivedDocument
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection


class Choice(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    AUTO_APPROVED = "auto_approved"

    @property
    def is_approval(self) -> bool:
        return self in (Choice.APPROVED, Choice.AUTO_APPROVED)


@dataclass(frozen=True)
class Decision:
    """Who decided what, on which numbers. ``offer``: as the person saw it."""

    id: int
    asked_about: str
    offer: Mapping[str, Any]
    fingerprint: str
    choice: Choice
    placement_option_id: str | None
    transportation: Mapping[str, str]
    decided_by: str
    note: str | None
    decided_at: datetime


@dataclass(frozen=True)
class Document:
    """A label file or bill of lading in the archive. ``shipment_id``: empty for item labels."""

    id: int
    kind: str
    shipment_id: str
    part: int
    archive_uri: str
    media_type: str
    bytes: int
    sha256: str
    fetched_at: datetime


class DecisionRows:
    """Statements on ``inbound_decision`` and ``inbound_document``."""

    ledger: Ledger

    def decide(
        self,
        inbound_run_id: int,
        choice: Choice,
        *,
        offer: Offer,
        combination: Combination | None = None,
        decided_by: str,
        note: str | None = None,
        asked_about: str = "approve",
        moves_run: bool = True,
    ) -> Decision:
        """Record a decision. ``moves_run``: to CONFIRMING after an approval, to REJECTED otherwise.

        ``combination``: the approved one of ``offer``. ``asked_about``: the task that asked. If the run's
        newest decision is the same (choice, numbers, person, task), that one is returned, however often it is
        passed on.
        """
        from sellerops.inbound.offers import fingerprint

        if choice.is_approval and combination is None:
            raise ValueError("an approval needs the approved combination")
        digest = fingerprint(combination) if combination else ""

        def work(connection: Connection) -> Decision:
            with connection.transaction():
                newest = _newest(connection, inbound_run_id)
                if newest and (newest.choice, newest.fingerprint, newest.decided_by, newest.asked_about) == (
                    choice,
                    digest,
                    decided_by,
                    asked_about,
                ):
                    return newest
                row = connection.execute(
                    """
                    INSERT INTO sellerops.inbound_decision
                        (inbound_run_id, asked_about, offer, fingerprint, choice, placement_option_id,
                         transportation, decided_by, note)
                    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING *
                    """,
                    (
                        inbound_run_id,
                        asked_about,
                        Jsonb(offer_values(offer)),
                        digest,
                        choice,
                        combination.placement_option_id if combination else None,
                        Jsonb(combination.selections if combination else {}),
                        decided_by,
                        note,
                    ),
                ).fetchone()
                if moves_run:
                    state = "confirming" if choice.is_approval else "rejected"
                    connection.execute(
                        """
                        UPDATE sellerops.inbound_run SET state = %s, updated_at = sellerops.now()
                        WHERE id = %s AND state IN ('planning', 'awaiting_approval', 'confirming', 'failed')
                        """,
                        (state, inbound_run_id),
                    )
                assert row is not None
                return _decision(row)

        return self.ledger.database.run(work)

    def newest_decision(self, inbound_run_id: int) -> Decision | None:
        """The decision about the plan that applies now. Decisions about other quantities or a cancellation do
        not change it, because those may be rejected without rejecting the plan.
        """
        return self.ledger.database.run(
            lambda connection: _newest(connection, inbound_run_id, but=_OTHER_QUESTIONS)
        )

    def decisions(self, inbound_run_id: int) -> list[Decision]:
        """All decisions about a run, oldest first."""
        return self.ledger.database.run(
            lambda connection: [
                _decision(row)
                for row in connection.execute(
                    "SELECT * FROM sellerops.inbound_decision WHERE inbound_run_id = %s ORDER BY id",
                    (inbound_run_id,),
                ).fetchall()
            ]
        )

    def save_document(
        self,
        inbound_run_id: int,
        kind: str,
        stored: ArchivedDocument,
        *,
        media_type: str,
        shipment_id: str = "",
        part: int = 1,
    ) -> None:
        """Record an archived file; it replaces an earlier one of the same kind, shipment and part."""
        self.ledger.database.run(
            lambda connection: connection.execute(
                """
                INSERT INTO sellerops.inbound_document
                    (inbound_run_id, kind, shipment_id, part, archive_uri, media_type, bytes, sha256)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (inbound_run_id, kind, shipment_id, part) DO UPDATE SET
                    archive_uri = excluded.archive_uri, media_type = excluded.media_type,
                    bytes = excluded.bytes, sha256 = excluded.sha256, fetched_at = sellerops.now()
                """,
                (
                    inbound_run_id,
                    kind,
                    shipment_id,
                    part,
                    stored.uri,
                    media_type,
                    stored.nbytes,
                    stored.sha256,
                ),
            )
        )

    def documents(self, inbound_run_id: int) -> list[Document]:
        """Labels and bills of lading of a run."""
        return self.ledger.database.run(
            lambda connection: [
                Document(**{name: row[name] for name in Document.__dataclass_fields__})
                for row in connection.execute(
                    "SELECT * FROM sellerops.inbound_document WHERE inbound_run_id = %s "
                    "ORDER BY kind, shipment_id, part",
                    (inbound_run_id,),
                ).fetchall()
            ]
        )


def offer_values(offer: Offer) -> dict[str, Any]:
    """An offer as plain JSON values; ``offer_from`` reads them."""
    return dict(_offers().dump_python(offer, mode="json"))


def offer_from(values: Any) -> Offer:
    return _offers().validate_python(values)


@cache
def _offers() -> TypeAdapter[Offer]:
    from pydantic import TypeAdapter

    return TypeAdapter(Offer)


# Patterns of ``asked_about`` for questions that are not about the offer.
_OTHER_QUESTIONS = ("content_update%", "fba_inbound_cancel%")


def _newest(connection: Connection, inbound_run_id: int, but: Sequence[str] = ()) -> Decision | None:
    row = connection.execute(
        "SELECT * FROM sellerops.inbound_decision "
        "WHERE inbound_run_id = %s AND asked_about NOT LIKE ALL (%s::text[]) ORDER BY id DESC LIMIT 1",
        (inbound_run_id, list(but)),
    ).fetchone()
    return _decision(row) if row else None


def _decision(row: Mapping[str, Any]) -> Decision:
    values = {name: row[name] for name in Decision.__dataclass_fields__ if name != "choice"}
    return Decision(**values, choice=Choice(row["choice"]))
