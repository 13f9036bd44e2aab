"""`inbound boxes`: submits the boxes of a run that is packed later, or packed differently."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.base.limits import LARGEST_PACKING_LIST
from sellerops.cli.warehouse import open_ledger
from sellerops.inbound.models import Problem
from sellerops.inbound.packing_lists.packing_list import read_packing_list
from sellerops.inbound.problems import raise_problems
from sellerops.inbound.requests.box_checks import check_boxes
from sellerops.inbound.requests.request_facts import Facts
from sellerops.inbound.settings import INBOUND
from sellerops.inbound.store import InboundRun, InboundStore, RowState
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import all_marketplaces

# The steps that send the contents of the boxes.
_PACKED_BY = ("set_box_contents", "set_shipment_boxes")


def add_boxes(actions: Any) -> None:
    action = actions.add_parser("boxes", help="replace the boxes of a run, before Amazon knows them")
    action.add_argument("inbound_run", type=int, metavar="RUN", help="number from `sellerops inbound list`")
    action.add_argument("file", type=Path, metavar="FILE", help="packing list, CSV or xlsx")
    action.set_defaults(run=_boxes)


def _boxes(options: argparse.Namespace) -> int:
    found = read_packing_list(_content(options.file), options.file.name)
    if not found.boxes:
        raise_problems([Problem(options.file.name, "has no boxes.", "Add the box columns.")])
    with closing(open_ledger()) as ledger:
        store = InboundStore(ledger)
        run = store.run(options.inbound_run)
        _refuse_if_known(store, run)
        facts = Facts(INBOUND.load(), load_accounts(), all_marketplaces(), ledger.clock().now())
        raise_problems(list(check_boxes(replace(run.request, boxes=found.boxes), facts)))
        store.replace_boxes(run.id, found.boxes)
    for note in found.notes:
        print(note)
    boxes = sum(box.count for box in found.boxes)
    print(f"{run.name} now has {boxes} boxes. If a task failed because of the boxes, clear it.")
    return 0


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_PACKING_LIST + 1)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}.", where=str(path), remedy="Check the path."
        ) from error


def _refuse_if_known(store: InboundStore, run: InboundRun) -> None:
    """Raise GiveUpError if Amazon already has the boxes, or if the run has been given up."""
    where = f"inbound run {run.id}"
    if run.state.is_given_up:
        raise GiveUpError(
            f"the run is {run.state.replace('_', ' ')}.", where=where, remedy="Trigger a new run."
        )
    known = (RowState.STARTED, RowState.DONE)
    if run.state.is_confirmed or any(
        row.step in _PACKED_BY and row.state in known and row.operation for row in store.steps(run.id)
    ):
        raise GiveUpError(
            "Amazon already knows the boxes.",
            where=where,
            remedy="Once the carriers are confirmed, change them with the DAG fba_inbound_content_update.",
        )
