"""Labels and bills of lading of one FBA inbound run, found by the DAG run that requested them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

_RUN = "SELECT id FROM sellerops.inbound_run WHERE dag_id = %s AND run_id = %s"
_DOCUMENT = """
    SELECT document.id, document.kind, document.part, document.archive_uri AS uri, document.media_type,
           document.bytes AS nbytes, run.name AS run_name,
           coalesce(shipment.confirmation_id, document.shipment_id) AS shipment
    FROM sellerops.inbound_document AS document
    JOIN sellerops.inbound_run AS run ON run.id = document.inbound_run_id
    LEFT JOIN sellerops.inbound_shipment AS shipment
        ON (shipment.inbound_run_id, shipment.shipment_id) = (document.inbound_run_id, document.shipment_id)
    WHERE document.id = %s AND run.dag_id = %s AND run.run_id = %s
"""
_ENDINGS = {
    "application/pdf": "pdf",
    "application/zip": "zip",
    "image/png": "png",
    "application/x-zpl": "zpl",
}


@dataclass(frozen=True)
class InboundDocument:
    """A file in the archive. ``shipment``: Amazon's confirmation id; empty for item labels."""

    id: int
    kind: str
    part: int
    uri: str
    media_type: str
    nbytes: int
    run_name: str
    shipment: str

    @property
    def file_name(self) -> str:
        return document_file_name(self.shipment, self.run_name, self.kind, self.part, self.media_type)


def document_file_name(shipment: str | None, run_name: str, kind: str, part: int, media_type: str) -> str:
    """``FBA15ABC_box_labels.pdf``; for the second file of a kind, ``FBA15ABC_box_labels_2.pdf``.

    Item labels belong to no shipment, so they are named after the run. Characters other than ASCII letters,
    digits, ``_`` and ``-`` become a dash.
    """
    parts = [shipment or run_name, kind, *([str(part)] if part > 1 else [])]
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", "_".join(parts)).strip("-")
    return f"{stem}.{_ENDINGS.get(media_type.partition(';')[0].strip(), 'bin')}"


def find_inbound_run(connection: psycopg.Connection[Any], dag_id: str, run_id: str) -> int | None:
    """The inbound run of a DAG run; None if it has none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_RUN, (dag_id, run_id)).fetchone()
    return row["id"] if row else None


def find_inbound_document(
    connection: psycopg.Connection[Any], dag_id: str, run_id: str, document_id: int
) -> InboundDocument | None:
    """A document of this DAG run; None if it belongs to another run.

    Access to one run's documents does not give access to those of every run.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_DOCUMENT, (document_id, dag_id, run_id)).fetchone()
    return InboundDocument(**row) if row else None
