"""`make chaos` finds documents in the archive that no request names."""

from __future__ import annotations

from pathlib import Path

from support.processes import KEY, RUN

from sellerops.ledger import Ledger
from sellerops_runtime.chaos.judging import unnamed_documents
from sellerops_runtime.chaos.system import ORDERS, SNAPSHOTS


def test_a_document_that_no_request_names_is_left_behind(
    ledger: Ledger, conninfo: str, tmp_path: Path
) -> None:
    names = ((ORDERS, "aa1.gz"), (ORDERS, "bb2.gz"), (ORDERS, ".part-x"), (SNAPSHOTS, "cc3.gz"))
    paths = [tmp_path / "amazon_sp" / report / "northwind_na" / name[:2] / name for report, name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    request = ledger.find_or_open_request(KEY, fresh_after=None, run=RUN)
    ledger.claim_create(request.id)
    ledger.record_created(request.id, "R1")
    ledger.record_archived(request.id, uri=paths[0].as_uri(), nbytes=1, sha256="aa1", headers={})
    assert unnamed_documents(tmp_path, conninfo) == [
        f"amazon_sp/{ORDERS}/northwind_na/bb/bb2.gz, which no request names"
    ]
