"""One question about a document that several destinations hold: the answer reaches each of them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.fake_runtime import SLICE

from sellerops.base.errors import Quarantined, RetryableError
from sellerops.destinations import LoadJob, LoadResult, RequestMeta, load_document, open_destination
from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.ledger import Ledger, RequestKey, RunRef, SliceState
from sellerops.ledger.quarantines import QuarantineState, record
from sellerops.reprocess.quarantine import get_quarantine, list_quarantines, reject, release
from sellerops.settings.specs import load_spec

BOTH = ("postgres", "bigquery")
SPEC = load_spec("sales_and_traffic").model_copy(update={"destinations": BOTH})
MADE_AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
RUN = RunRef(SPEC.dag_id, "run", "northwind_na.slice.load_postgres", 0, 1, SPEC.name)


class Store:
    """Takes rows, or is away."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_away = False
        self.tables: list[str] = []

    def load(self, job: LoadJob) -> LoadResult:
        if self.is_away:
            raise RetryableError("is away.", where=self.name)
        self.tables.append(job.table)
        return LoadResult(len(self.tables), job.full_name)

    def close(self) -> None:
        pass


class Desk:
    """A document that both hold, as one open question which Postgres asked."""

    def __init__(self, ledger: Ledger, *, stands: bool = True) -> None:
        self.ledger = ledger
        self.stores = {name: Store(name) for name in BOTH}
        key = RequestKey("amazon_sp", "T", "northwind_na", SLICE.marketplace_ids, SLICE.start, SLICE.end)
        request = ledger.find_or_open_request(key, fresh_after=MADE_AT, run=RUN)
        assert ledger.claim_create(request.id)
        ledger.record_created(request.id, "50", reported_at=MADE_AT)
        ledger.record_archived(request.id, uri="mem://1", nbytes=1, sha256="0", headers={})
        figures = [{"day": "2026-11-20", "shop": "", "new": "0", "stored_rows": 9 if stands else 0}]
        values: dict[str, Any] = {
            "table_name": "amazon_sp.sales_daily", "account_id": "northwind_na", "place": "ATVPDKIKX0DER",
            "first_day": SLICE.days[0], "last_day": SLICE.days[-1], "request_id": request.id,
            "reported_at": MADE_AT, "source": "amazon_sp", "report": SPEC.name, "destination": "postgres",
            "slice": SLICE.to_dict(), "figures": figures, "reason": "far below.",
        }  # fmt: skip
        with ledger.connection() as connection:
            self.id = record(connection, values)
        for name in BOTH:
            # A slice of several documents: the newest of its requests is another one's.
            ledger.set_destination_state(
                SLICE, name, SliceState.QUARANTINED, destinations=BOTH, run=RUN, request_id=request.id + 1,
                error=Quarantined("far below."),
            )  # fmt: skip

    def release(self) -> list[LoadResult]:
        return release(
            self.ledger,
            self.id,
            decided_by="ada",
            spec=SPEC,
            open_destination=lambda name: self.stores[name],
            open_document=lambda _uri: io.BytesIO(
                b'{"salesAndTrafficByDate": [], "salesAndTrafficByAsin": []}'
            ),
        )

    @property
    def state(self) -> SliceState:
        (row,) = self.ledger.slice_states()
        return row.state


def test_a_released_document_is_stored_wherever_it_is_held(ledger: Ledger) -> None:
    desk = Desk(ledger)
    assert desk.state is SliceState.QUARANTINED
    assert len(desk.release()) == 2
    assert {name: store.tables for name, store in desk.stores.items()} == {
        name: ["sales_daily"] for name in BOTH
    }
    assert desk.state is SliceState.LOADED


@pytest.mark.parametrize("away", BOTH)
def test_a_destination_that_is_away_keeps_the_day_held_until_it_has_the_document(
    ledger: Ledger, away: str
) -> None:
    desk = Desk(ledger)
    desk.stores[away].is_away = True
    with pytest.raises(RetryableError, match="away"):
        desk.release()
    (other,) = set(BOTH) - {away}
    assert desk.stores[other].tables == ["sales_daily"]
    assert desk.state is SliceState.QUARANTINED
    desk.stores[away].is_away = False
    desk.release()
    assert desk.stores[away].tables == ["sales_daily"]
    assert desk.state is SliceState.LOADED


def test_a_released_document_is_not_brought_to_a_destination_that_never_held_it(ledger: Ledger) -> None:
    desk = Desk(ledger)
    ledger.set_destination_state(SLICE, "bigquery", SliceState.LOADED, destinations=BOTH)
    desk.release()
    assert desk.stores["bigquery"].tables == []
    assert desk.state is SliceState.LOADED


@pytest.mark.parametrize(("stands", "state"), [(True, SliceState.LOADED), (False, SliceState.FAILED)])
def test_a_rejected_document_leaves_the_rows_of_both(ledger: Ledger, stands: bool, state: SliceState) -> None:
    desk = Desk(ledger, stands=stands)
    reject(ledger, desk.id, decided_by="ada", spec=SPEC)
    assert get_quarantine(ledger, desk.id).state is QuarantineState.REJECTED
    assert desk.state is state
    assert {each.status.state for each in ledger.destination_days()} == {state}


def test_the_answer_about_one_marketplace_is_not_anothers(ledger: Ledger) -> None:
    desk = Desk(ledger)
    other = replace(SLICE, marketplaces=("CA",), label="CA 2026-11-20")
    ledger.set_destination_state(other, "bigquery", SliceState.QUARANTINED, destinations=BOTH)
    desk.release()
    states = {row.marketplace_id: row.state for row in ledger.slice_states()}
    assert states["ATVPDKIKX0DER"] is SliceState.LOADED
    assert states["A2EUQ1WTGCTBG2"] is SliceState.QUARANTINED


def test_each_destination_judges_by_its_own_rows(ledger: Ledger, bigquery: BigQueryAddress) -> None:
    """A new one has nothing to hold a document by: that it takes it lets it through nowhere else."""
    spec = SPEC.model_copy(update={"tables": {"sales_daily": SPEC.tables["sales_daily"]}})
    conninfo = ledger.database.conninfo
    addresses = {"postgres": conninfo, "bigquery": bigquery}
    stores = {name: open_destination(name, address, ledger=conninfo) for name, address in addresses.items()}

    def load(name: str, request_id: int, units: int, hours: int) -> None:
        asin = {"parentAsin": "P", "childAsin": "C", "salesByAsin": {"unitsOrdered": units}}
        content = json.dumps({"salesAndTrafficByDate": [], "salesAndTrafficByAsin": [asin]}).encode()
        meta = RequestMeta(
            MADE_AT + timedelta(hours=hours), request_id, "application/json", SLICE.marketplace_ids
        )
        load_document(stores[name], spec, SLICE, meta, lambda: io.BytesIO(content))

    load("postgres", 1, 134, 0)
    load("bigquery", 2, 0, 1)
    with pytest.raises(Quarantined, match="stored 134"):
        load("postgres", 2, 0, 1)
    load("bigquery", 2, 0, 1)
    (held,) = list_quarantines(ledger)
    assert (held.destination, held.state) == ("postgres", QuarantineState.OPEN)
    with pytest.raises(Quarantined):
        load("postgres", 2, 0, 1)
    for store in stores.values():
        store.close()
