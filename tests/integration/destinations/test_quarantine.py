"""Documents unlike earlier days are quarantined: nothing is lost, and nobody decides twice."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import BinaryIO

import pytest
from integration.destinations.documents import NOON, Doc, contents, day_slice, tsv
from integration.destinations.stores import Store

from sellerops.base.errors import GiveUpError, Quarantined
from sellerops.calendar.slices import Slice
from sellerops.destinations import LoadResult, RequestMeta, load_document
from sellerops.destinations.no_data import load_no_data
from sellerops.ledger import Ledger, RequestKey, RunRef, SliceState, quarantines
from sellerops.ledger.quarantines import Quarantine, QuarantineState
from sellerops.reprocess.quarantine import get_quarantine, list_quarantines, reject, release
from sellerops.settings.specs import QuarantineRules, load_spec

ONLY = ("json_lines", "postgres")

SPEC = load_spec("sales_and_traffic")
DAY = date(2026, 11, 20)
DAILY, TOTALS = "amazon_sp.sales_daily", "amazon_sp.sales_daily_totals"
RUN = RunRef(SPEC.dag_id, "run", "slice.load_postgres", 0, 1, SPEC.name)


def sales(units: int | None, total: int | None = None, day: date = DAY) -> bytes:
    """Two ASINs that share ``units``; None has no rows."""
    items = [
        {"parentAsin": "P", "childAsin": f"C{n}", "salesByAsin": {"unitsOrdered": part}}
        for n, part in enumerate([] if units is None else [units // 2, units - units // 2])
    ]
    amount = total if total is not None else units
    totals = [] if amount is None else [{"date": f"{day}", "salesByDate": {"unitsOrdered": amount}}]
    return json.dumps({"salesAndTrafficByDate": totals, "salesAndTrafficByAsin": items}).encode()


class Desk:
    """Loads documents as the load task does, and keeps them as the archive does."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self.store, self.ledger = store, ledger
        self.archive: dict[str, bytes] = {}

    def slice_(self, day: date = DAY, marketplace: str = "US") -> Slice:
        return day_slice(SPEC, day.isoformat(), marketplaces=(marketplace,))

    def archived(self, slice_: Slice, content: bytes, hours: float) -> RequestMeta:
        key = RequestKey("amazon_sp", "T", "northwind", slice_.marketplace_ids, slice_.start, slice_.end)
        soon = NOON + timedelta(days=10_000)
        request = self.ledger.find_or_open_request(key, fresh_after=soon, run=RUN)
        assert self.ledger.claim_create(request.id)
        reported_at = NOON + timedelta(hours=hours)
        self.ledger.record_created(request.id, str(request.id), reported_at=reported_at)
        uri = f"mem://{request.id}"
        self.archive[uri] = content
        self.ledger.record_archived(
            request.id, uri=uri, nbytes=1, sha256="0", headers={"content_type": "application/json"}
        )
        return RequestMeta.of(self.ledger.get_request(request.id))

    def load(self, content: bytes, slice_: Slice | None = None, hours: float = 0) -> RequestMeta:
        """Load a new document; raises what the load raises."""
        slice_ = slice_ or self.slice_()
        meta = self.archived(slice_, content, hours)
        self.again(meta, slice_)
        return meta

    def again(self, meta: RequestMeta, slice_: Slice | None = None) -> list[LoadResult]:
        return load_document(
            self.store.destination, SPEC, slice_ or self.slice_(), meta, lambda: self.open(meta.where)
        )

    def open(self, uri: str) -> BinaryIO:
        return io.BytesIO(self.archive[uri])

    def quarantined(self, content: bytes, slice_: Slice | None = None, hours: float = 1) -> Quarantined:
        with pytest.raises(Quarantined) as caught:
            self.load(content, slice_, hours)
        return caught.value

    def history(self, units: int = 100, weeks: int = 4, marketplace: str = "US") -> None:
        """The same weekdays before."""
        for n in range(1, weeks + 1):
            day = DAY - timedelta(days=7 * n)
            self.load(sales(units, day=day), self.slice_(day, marketplace))

    def units(self, table: str = DAILY, day: date = DAY, marketplace: str = "ATVPDKIKX0DER") -> int | None:
        found = [
            row
            for row in self.store.rows(table)
            if (row["date"], row["marketplace_id"]) == (day, marketplace)
        ]
        return sum(row["units_ordered"] for row in found) if found else None

    def open_ones(self) -> list[Quarantine]:
        return list_quarantines(self.ledger, [QuarantineState.OPEN])

    def release(self, quarantine_id: int, by: str = "ada (UI)") -> list[LoadResult]:
        return release(
            self.ledger,
            quarantine_id,
            decided_by=by,
            spec=SPEC.model_copy(update={"destinations": (self.store.destination.name,)}),
            open_destination=lambda name: self.store.destination,
            open_document=self.open,
        )

    def state(self) -> tuple[SliceState, str]:
        (row,) = [row for row in self.ledger.slice_states() if row.day == DAY]
        return row.state, row.error or ""


@pytest.fixture
def desk(store: Store, ledger: Ledger) -> Desk:
    return Desk(store, ledger)


def test_a_day_that_drops_to_zero_is_quarantined_and_the_old_rows_stay(desk: Desk) -> None:
    desk.load(sales(134))
    before = contents(desk.store.rows(DAILY))
    error = desk.quarantined(sales(0))
    assert contents(desk.store.rows(DAILY)) == before
    assert "units_ordered on 2026-11-20: 0, stored 134 in 2 rows" in error.cause
    assert "sellerops quarantine" in error.remedy
    assert {row.table_name for row in desk.open_ones()} == {DAILY, TOTALS}
    first = desk.open_ones()[0]
    assert (first.account_id, first.place, first.first_day) == ("northwind", "ATVPDKIKX0DER", DAY)
    assert first.figures[0]["stored"] == "134"
    assert error.details["quarantine_ids"] == [row.id for row in desk.open_ones()]


def test_a_document_without_rows_is_quarantined_too(desk: Desk) -> None:
    desk.load(sales(134))
    assert "no rows" in desk.quarantined(sales(None)).cause
    assert desk.units() == 134


@pytest.mark.parametrize(("units", "is_held"), [(0, True), (19, True), (20, False), (500, False)])
def test_a_first_document_far_below_its_weekdays_is_quarantined(
    desk: Desk, units: int, is_held: bool
) -> None:
    desk.history(units=100)
    if is_held:
        assert "usually 100 (median of 4 same weekdays)" in desk.quarantined(sales(units)).cause
        assert desk.units() is None
    else:
        desk.load(sales(units))
        assert desk.units() == units


@pytest.mark.parametrize(
    ("history", "weeks"), [(19, 4), (100, 2)], ids=["too small to judge by", "too few weekdays"]
)
def test_what_proves_nothing_is_not_judged_by(desk: Desk, history: int, weeks: int) -> None:
    desk.history(units=history, weeks=weeks)
    desk.load(sales(0))
    assert desk.units() == 0


def test_a_marketplace_is_judged_by_its_own_days_alone(desk: Desk) -> None:
    desk.history(units=100, marketplace="US")
    desk.load(sales(0), desk.slice_(marketplace="CA"))
    desk.quarantined(sales(0), desk.slice_(marketplace="US"))


def test_the_other_table_of_the_document_is_loaded(desk: Desk) -> None:
    desk.load(sales(100))
    desk.quarantined(sales(0, total=90))
    assert (desk.units(), desk.units(TOTALS)) == (100, 90)
    assert [row.table_name for row in desk.open_ones()] == [DAILY]


def test_the_same_document_again_is_the_same_quarantine(desk: Desk) -> None:
    desk.load(sales(100))
    slice_ = desk.slice_()
    meta = desk.archived(slice_, sales(0), 1)
    ids = []
    for _ in range(2):
        with pytest.raises(Quarantined) as caught:
            desk.again(meta)
        ids.append(caught.value.details["quarantine_ids"])
    assert ids[0] == ids[1]
    assert len(desk.open_ones()) == 2


def test_released_it_is_stored_and_never_asked_about_again(desk: Desk) -> None:
    desk.load(sales(100))
    slice_ = desk.slice_()
    meta = desk.archived(slice_, sales(0), 1)
    with pytest.raises(Quarantined):
        desk.again(meta)
    desk.ledger.set_slice_state(slice_, SliceState.QUARANTINED, run=RUN)
    daily, totals = desk.open_ones()
    (result,) = desk.release(daily.id)
    assert (result.table, result.replaced, desk.units(), desk.units(TOTALS)) == (DAILY, 2, 0, 100)
    assert desk.state()[0] is SliceState.QUARANTINED, "the other table still waits"
    desk.release(totals.id)
    assert desk.state() == (SliceState.LOADED, "")
    stored = get_quarantine(desk.ledger, daily.id)
    assert (stored.state, stored.decided_by) == (QuarantineState.RELEASED, "ada (UI)")
    assert len(desk.again(meta)) == 2, "cleared, it loads without asking"
    assert desk.open_ones() == []
    assert "100" not in desk.quarantined(sales(None), hours=2).cause, (
        "a newer document is quarantined on its own"
    )


def test_released_twice_is_released_once(desk: Desk) -> None:
    desk.load(sales(100))
    desk.quarantined(sales(0))
    daily = desk.open_ones()[0]
    first = desk.release(daily.id)
    second = desk.release(daily.id, by="bob (command)")
    assert first[0].stored == second[0].stored
    assert get_quarantine(desk.ledger, daily.id).decided_by == "ada (UI)"


def test_rejected_the_old_rows_stay_and_the_ledger_says_who(desk: Desk) -> None:
    desk.load(sales(100))
    desk.quarantined(sales(0))
    for row in desk.open_ones():
        reject(desk.ledger, row.id, decided_by="ada (UI)", note="Amazon was down.")
    state, story = desk.state()
    assert state is SliceState.LOADED
    assert "REJECTED by ada (UI)" in story and "Amazon was down." in story
    assert desk.units() == 100
    meta = RequestMeta.of(desk.ledger.get_request(get_quarantine(desk.ledger, 1).request_id or 0))
    with pytest.raises(Quarantined, match="It was rejected") as caught:
        desk.again(meta)
    assert caught.value.details["is_rejected"]
    assert desk.open_ones() == [], "who decided is not asked again"


def test_a_rejection_may_be_taken_back_but_not_a_release(desk: Desk) -> None:
    desk.load(sales(100))
    desk.quarantined(sales(0))
    daily, totals = desk.open_ones()
    reject(desk.ledger, daily.id, decided_by="ada (UI)")
    desk.release(daily.id, by="bob (command)")
    taken = get_quarantine(desk.ledger, daily.id)
    assert (taken.state, taken.decided_by) == (QuarantineState.RELEASED, "bob (command)")
    assert "Rejected before by ada (UI)" in taken.note
    desk.release(totals.id)
    with pytest.raises(GiveUpError, match=r"was already RELEASED by ada \(UI\)"):
        reject(desk.ledger, totals.id, decided_by="bob (command)")


def test_without_old_rows_a_rejection_leaves_a_gap_that_is_seen(desk: Desk) -> None:
    desk.history(units=100)
    desk.quarantined(sales(0))
    for row in desk.open_ones():
        reject(desk.ledger, row.id, decided_by="ada (UI)")
    assert desk.state()[0] is SliceState.FAILED


def test_a_newer_plausible_document_supersedes_the_quarantine(desk: Desk) -> None:
    desk.load(sales(100))
    desk.quarantined(sales(0), hours=1)
    desk.load(sales(104), hours=2)
    assert desk.open_ones() == []
    daily = list_quarantines(desk.ledger)[0]
    assert (daily.state, daily.decided_by) == (QuarantineState.SUPERSEDED, "sellerops")
    with pytest.raises(GiveUpError, match="SUPERSEDED"):
        desk.release(daily.id)
    assert desk.units() == 104


def test_people_are_asked_about_the_newest_document_only(desk: Desk) -> None:
    desk.load(sales(100))
    desk.quarantined(sales(0), hours=1)
    desk.quarantined(sales(0), hours=2)
    assert [row.reported_at for row in desk.open_ones()] == [NOON + timedelta(hours=2)] * 2


def test_an_older_document_is_not_quarantined(desk: Desk) -> None:
    desk.load(sales(100), hours=5)
    desk.load(sales(0), hours=1)
    assert desk.units() == 100
    assert desk.open_ones() == []


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_what_was_loaded_once_is_not_judged_again(desk: Desk) -> None:
    """A replay into other rows than stood there then must give the tables of then."""
    first = desk.load(sales(0))
    desk.load(sales(100), hours=-1)
    desk.store.query(f"UPDATE {DAILY} SET units_ordered = 50")  # type: ignore[attr-defined]
    assert len(desk.again(first)) == 2


def test_confirmed_absence_is_quarantined_and_release_deletes_the_rows(desk: Desk) -> None:
    desk.load(sales(100))
    slice_ = desk.slice_()
    meta = desk.archived(slice_, b"", 1)
    drift = desk.store.changes()
    with desk.ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.report_request SET status = 'CANCELLED', archive_uri = NULL WHERE id = %s",
            (meta.request_id,),
        )
    with pytest.raises(Quarantined, match="no rows"):
        load_no_data(desk.store.destination, SPEC, slice_, meta)
    assert desk.units() == 100
    daily, totals = desk.open_ones()
    (result,) = desk.release(daily.id)
    assert (result.rows_in_file, result.replaced, desk.units(), desk.units(TOTALS)) == (0, 2, None, 100)
    desk.release(totals.id)
    assert desk.state()[0] is SliceState.CONFIRMED_EMPTY
    assert desk.store.changes() == drift, "no document, so no drift"


def test_confirmed_absence_where_nothing_stood_is_a_recorded_fact(desk: Desk) -> None:
    desk.load(sales(5, day=date(2026, 11, 19)), desk.slice_(date(2026, 11, 19)))
    meta = RequestMeta(NOON + timedelta(hours=1), request_id=999)
    results = load_no_data(desk.store.destination, SPEC, desk.slice_(), meta)
    assert [result.rows_in_file for result in results] == [0, 0]
    desk.load(sales(7), hours=0)
    assert desk.units() is None, "an older document does not put rows where a newer answer says none"


def test_days_in_the_file_are_judged_each_in_the_marketplaces_own_time(store: Store) -> None:
    """A table whose rows have instants: one bad day holds the whole document."""
    plain = load_spec("fba_customer_returns")
    rules = QuarantineRules(measure="quantity", minimum=1)
    table = plain.tables["fba_customer_returns"].model_copy(update={"quarantine": rules})
    spec = plain.model_copy(update={"tables": {"fba_customer_returns": table}})
    slice_ = replace(day_slice(spec, "2026-11-19", "2026-11-20"), timezone="America/Los_Angeles")

    def document(nineteenth: int, twentieth: int, hours: float) -> Doc:
        rows = [("2026-11-20T05:00:00Z", nineteenth), ("2026-11-21T05:00:00Z", twentieth)]
        return Doc(spec, slice_, tsv(["return-date", "quantity"], rows), hours)

    document(3, 4, 0).load_into(store.destination)
    with pytest.raises(Quarantined) as caught:
        document(0, 9, 1).load_into(store.destination)
    assert caught.value.cause == "quantity on 2026-11-19: 0, stored 3 in 1 rows."
    assert sum(row["quantity"] for row in store.rows("amazon_sp.fba_customer_returns")) == 7
    document(2, 9, 2).load_into(store.destination)
    assert sum(row["quantity"] for row in store.rows("amazon_sp.fba_customer_returns")) == 11


def test_a_run_asks_what_no_other_run_asks(desk: Desk) -> None:
    desk.load(sales(100))
    desk.quarantined(sales(0))

    def claim(run: str, lifetime: timedelta = timedelta(hours=1)) -> list[int]:
        return [
            row.id for row in desk.ledger.database.run(lambda c: quarantines.claim(c, run, lifetime, limit=9))
        ]

    ids = [row.id for row in desk.open_ones()]
    assert claim("one") == ids
    assert claim("two") == []
    assert claim("one", timedelta(seconds=-1)) == ids, "cleared, it asks the same"
    assert claim("two") == ids, "a run that is gone holds nothing for ever"
    desk.ledger.database.run(lambda c: quarantines.unclaim(c, ids[0], "two"))
    assert claim("three") == ids[:1]
