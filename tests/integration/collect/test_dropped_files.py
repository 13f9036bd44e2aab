"""Every version of a file in the drop folder is collected once, alone, and nothing there is touched."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest
from integration.collect.killing import Killed, apart, stepping
from integration.collect.portal_parts import NOON, check_file

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.base.errors import ArchiveDamaged, ConfigurationError, RetryableError
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, Done, Outcome, WaitFor, WaitOutcome, dropped_files
from sellerops.ledger import Ledger, RequestStatus, RunRef, SliceState
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import PeriodKind, ReportSpec, load_spec
from sellerops.sources.folder.source import SOURCE

RUN = RunRef("report__folder__keywords", "scheduled__1", "slice.fetch_report", 0, 1, "keywords")
LATER = replace(RUN, run_id="scheduled__2")
DAY = 86_400.0


class Bench:
    """A drop folder, and collectors of one account's files in it."""

    def __init__(self, ledger: Ledger, folder: Path, uri: str = "") -> None:
        known = load_accounts()["northwind_na"]
        self.ledger, self.root = ledger, folder / "drop"
        self.account = replace(known, sources=("folder",))
        self.spec = keywords()
        self.archive = Archive(str(folder / "archive"))
        self.uri = uri or str(self.root)
        self.place = self.root / self.account.id / self.spec.name
        self.place.mkdir(parents=True)
        ledger.set_clock(Clock(datetime.now(UTC), NOON, 0.0))

    def put(self, name: str, content: bytes = b"Keyword\nmug\n", age: float = DAY) -> Path:
        """A file that was written ``age`` seconds ago."""
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def collector(self) -> Collector:
        folder = SOURCE.folder_client(self.account, self.uri)
        limits = QuotaLedger(self.ledger, load_rate_limits())
        return Collector(self.spec, self.account, folder, self.ledger, limits, self.archive)

    def slice_(self, code: str = "US") -> Slice:
        slices = plan_slices(self.spec, self.account, run_at=NOON, now=NOON)
        return next(each for each in slices if code in each.marketplaces)

    def collect(self, run: RunRef = RUN, code: str = "US") -> Done:
        step = self.collector().advance(self.slice_(code), run)
        assert isinstance(step, Done)
        return step

    def contents(self, done: Done) -> list[bytes]:
        found = []
        for one in done.request_ids:
            with self.archive.open(self.ledger.get_request(one).archive_uri or "") as stream:
                found.append(stream.read())
        return found

    def loaded(self, done: Done) -> None:
        """As if every document had been loaded."""
        with self.ledger.connection() as connection:
            connection.execute(
                """
                INSERT INTO sellerops.load (
                    report, account_id, marketplace_id, table_name, destination, request_id, rows_in_file,
                    stored, rejected, inserted, updated, unchanged, superseded, replaced, seconds, started_at)
                SELECT report, account_id, '', 'folder.keywords', 'postgres', id, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                    sellerops.now() FROM sellerops.report_request WHERE id = ANY (%s)
                """,
                (list(done.request_ids),),
            )

    def documents(self) -> list[Path]:
        return sorted(self.archive_folder.rglob("*.gz"))

    @property
    def archive_folder(self) -> Path:
        return self.root.parent / "archive"


def keywords(scope: str = "account_region", **request: Any) -> ReportSpec:
    base = load_spec("settlements")
    rules = {"how": "dropped", "files": "*.csv", "options": {}} | request
    return base.model_copy(
        update={
            "name": "keywords", "source": "folder", "report_type": "KEYWORDS", "scope": scope,
            "period": base.period.model_copy(update={"kind": PeriodKind.LISTING}),
            "request": base.request.model_copy(update=rules),
        }
    )  # fmt: skip


@pytest.fixture
def bench(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(dropped_files, "check_file", check_file)
    monkeypatch.setattr(dropped_files, "LOOK_EVERY", 0.05)
    return Bench(ledger, tmp_path)


def test_every_file_is_a_document_of_its_own(bench: Bench) -> None:
    older, newer = bench.put("a.csv", b"a", 2 * DAY), bench.put("B.CSV", b"b")
    done = bench.collect()
    assert bench.contents(done) == [b"a", b"b"], "oldest first"
    requests = [bench.ledger.get_request(one) for one in done.request_ids]
    assert {each.status for each in requests} == {RequestStatus.ARCHIVED}
    reported = requests[0].reported_at
    assert reported is not None
    assert abs(reported.timestamp() - older.stat().st_mtime) < 0.01, "the data are as of the file's time"
    assert requests[0].document_headers["facts"]["file"] == "northwind_na/keywords/a.csv"
    sidecar = json.loads(next(bench.archive_folder.rglob("*/keywords/*/*/*.json")).read_text())
    assert sidecar["source"] == "folder"
    assert older.exists()
    assert newer.exists()


def test_nothing_is_an_answer_and_what_is_not_meant_is_ignored(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (".DS_Store", "~$a.csv", "a.csv.part"):
        bench.put(name)
    bench.put("a.xlsx")
    assert bench.collect().outcome is Outcome.EMPTY
    assert [row.state for row in bench.ledger.slice_states()][:1] == [SliceState.CONFIRMED_EMPTY]
    assert "a.xlsx" in caplog.text, "a person may wonder why nothing comes of it"
    assert ".DS_Store" not in caplog.text


def test_a_loaded_file_is_not_collected_again_and_an_unloaded_one_is(bench: Bench) -> None:
    bench.put("a.csv")
    first = bench.collect()
    assert bench.collect(LATER).request_ids == first.request_ids, "its first run never loaded it"
    bench.loaded(first)
    bench.ledger.set_slice_state(bench.slice_(), SliceState.LOADED, run=RUN)
    assert bench.collect(LATER).outcome is Outcome.EMPTY
    (day,) = bench.ledger.slice_states()
    assert (day.state, day.run_id) == (SliceState.LOADED, LATER.run_id), "the day keeps what it has"
    assert bench.collect().request_ids == first.request_ids, "a cleared task still has its documents"


def test_a_changed_file_is_another_one(bench: Bench) -> None:
    bench.put("a.csv", b"v1", 2 * DAY)
    first = bench.collect()
    bench.loaded(first)
    bench.put("a.csv", b"v2", DAY)
    second = bench.collect(LATER)
    assert bench.contents(second) == [b"v2"]
    assert second.request_ids != first.request_ids


def test_the_same_content_twice_is_one_document(bench: Bench) -> None:
    bench.put("a.csv", b"same", 2 * DAY)
    bench.put("copy of a.csv", b"same")
    done = bench.collect()
    assert bench.contents(done) == [b"same"]
    assert len(bench.documents()) == 1
    bench.loaded(done)
    bench.put("yet another.csv", b"same")
    assert bench.collect(LATER).outcome is Outcome.EMPTY


def test_a_file_that_is_as_it_was_before_the_last_change_is_loaded_again(bench: Bench) -> None:
    for age, content in ((4, b"v1"), (3, b"v2"), (2, b"v1")):
        bench.put("a.csv", content, age * DAY)
        done = bench.collect(replace(RUN, run_id=f"day {age}"))
        assert bench.contents(done) == [content]
        bench.loaded(done)
    bench.put("copy of a.csv", b"v1")
    assert bench.collect(LATER).outcome is Outcome.EMPTY, "the newest load has it"


def test_a_file_that_cannot_be_used_keeps_its_request(bench: Bench) -> None:
    bad = bench.put("a.csv", b"WRONG brand", 2 * DAY)
    first = bench.collect()
    assert [bench.collect(replace(RUN, run_id=f"hour {n}")).request_ids for n in range(3)] == [
        first.request_ids
    ] * 3
    with bench.ledger.connection() as connection:
        (count,) = connection.execute("SELECT count(*) AS n FROM sellerops.report_request").fetchall()
    assert count["n"] == 1
    assert bench.ledger.get_request(first.request_ids[0]).status is RequestStatus.FAILED
    bad.unlink()
    assert bench.collect(LATER).outcome is Outcome.EMPTY, "the remedy that its load names"


def test_a_file_that_is_read_after_a_change_of_the_report_keeps_its_request(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("a.csv", b"WRONG brand", 2 * DAY)
    first = bench.collect()
    monkeypatch.setattr(dropped_files, "check_file", lambda *_: None)
    assert bench.collect(LATER).request_ids == first.request_ids
    assert bench.contents(first) == [b"WRONG brand"]


def test_a_file_that_is_being_written_is_waited_for(bench: Bench) -> None:
    bench.put("done.csv", b"done")
    written = bench.put("half.csv", b"ha", age=3)
    step = bench.collector().advance(bench.slice_(), RUN)
    assert isinstance(step, WaitFor)
    assert "half.csv" in step.reason

    async def whole() -> Any:
        waiting = asyncio.ensure_future(bench.collector().wait(bench.slice_(), RUN))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        written.write_bytes(b"half and half")
        os.utime(written, (time.time() - 61,) * 2)
        return await asyncio.wait_for(waiting, 30)

    assert asyncio.run(whole()).outcome is WaitOutcome.READY
    assert sorted(bench.contents(bench.collect())) == [b"done", b"half and half"]


def test_a_file_that_never_stops_changing_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropped_files, "PATIENCE", 0.0)
    bench.put("endless.csv", age=1)
    result = asyncio.run(bench.collector().wait(bench.slice_(), RUN))
    assert isinstance(result.error, RetryableError)
    assert "endless.csv" in str(result.error)


def test_a_file_that_changes_while_it_is_read_is_left_for_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("a.csv", b"v1")
    from sellerops.sources.folder.drop_folder import FsspecDropFolder

    real = FsspecDropFolder.copy

    def copy(folder: FsspecDropFolder, file: Any, target: Path) -> bool:
        bench.put("a.csv", b"version 2", age=70)
        return real(folder, file, target)

    with monkeypatch.context() as patch:
        patch.setattr(FsspecDropFolder, "copy", copy)
        assert isinstance(bench.collector().advance(bench.slice_(), RUN), WaitFor)
    assert bench.documents() == []
    assert bench.contents(bench.collect()) == [b"version 2"]


def test_a_file_that_does_not_fit_fails_alone(bench: Bench) -> None:
    bench.put("a.csv", b"good", 2 * DAY)
    bench.put("b.csv", b"WRONG brand")
    done = bench.collect()
    good, bad = (bench.ledger.get_request(one) for one in done.request_ids)
    assert (good.status, bad.status) == (RequestStatus.ARCHIVED, RequestStatus.FAILED)
    assert "correct the file, or remove it" in (bad.error or ""), "its load says this"
    assert len(bench.documents()) == 1


def test_each_marketplace_has_its_subfolder(bench: Bench) -> None:
    bench.spec = keywords("marketplace")
    bench.put("US/a.csv", b"us")
    bench.put("CA/a.csv", b"ca")
    assert bench.contents(bench.collect(code="US")) == [b"us"]
    done = bench.collect(code="CA")
    assert bench.contents(done) == [b"ca"]
    assert bench.ledger.get_request(done.request_ids[0]).marketplace_ids == ("A2EUQ1WTGCTBG2",)


def test_a_file_of_no_marketplace_is_refused_and_says_where_it_belongs(bench: Bench) -> None:
    bench.spec = keywords("marketplace")
    bench.put("a.csv", b"whose?")
    (one,) = bench.collect(code="US").request_ids
    assert "subfolder" in (bench.ledger.get_request(one).error or "")
    assert bench.collect(code="CA").outcome is Outcome.EMPTY, "said once"


def test_a_subfolder_says_the_marketplace_of_a_report_for_all(bench: Bench) -> None:
    bench.put("MX/a.csv")
    (one,) = bench.collect().request_ids
    assert bench.ledger.get_request(one).marketplace_ids == ("A1AM78C64UM0Y8",)


def test_a_damaged_copy_is_replaced_from_the_folder(bench: Bench) -> None:
    bench.put("a.csv", b"content")
    done = bench.collect()
    bench.documents()[0].unlink()
    bench.collector().archive_again(bench.slice_(), done.request_ids[0])
    assert bench.contents(done) == [b"content"]


def test_a_damaged_copy_whose_file_is_gone_says_so(bench: Bench) -> None:
    bench.put("a.csv", b"content")
    done = bench.collect()
    bench.documents()[0].unlink()
    (bench.place / "a.csv").unlink()
    with pytest.raises(ArchiveDamaged, match="the drop folder no longer has this version of it") as caught:
        bench.collector().archive_again(bench.slice_(), done.request_ids[0])
    assert "put the file into the drop folder again" in str(caught.value)
    bench.put("a.csv", b"content", age=2 * DAY)
    assert bench.contents(bench.collect()) == [b"content"], "the remedy works"


def test_a_copy_that_was_deleted_on_purpose_says_when_and_why(bench: Bench) -> None:
    bench.put("a.csv", b"content")
    done = bench.collect()
    uri = str(bench.ledger.get_request(done.request_ids[0]).archive_uri)
    Archive(str(bench.archive_folder)).delete(uri, at=NOON, why="its retention is over")
    (bench.place / "a.csv").unlink()
    with pytest.raises(ArchiveDamaged, match=r"it was deleted on .*: its retention is over"):
        bench.collector().archive_again(bench.slice_(), done.request_ids[0])


def test_killed_at_every_step_every_file_is_one_request_and_one_document(bench: Bench) -> None:
    with stepping(None) as steps:
        bench.put("0.csv", b"0", 2 * DAY)
        bench.collect()
    struck = 0
    for number, at in enumerate(apart(steps.crossed), 1):
        bench.put(f"{number}.csv", str(number).encode(), 2 * DAY - number)
        with stepping(at) as again:
            try:
                bench.collect()
            except Killed:
                bench.collect()
        struck += again.struck
    assert struck > 5
    files = len(apart(steps.crossed)) + 1
    assert len(bench.documents()) == files
    assert len(bench.collect().request_ids) == files


def test_a_folder_that_is_missing_is_no_empty_folder(bench: Bench) -> None:
    bench.uri = str(bench.root / "elsewhere")
    with pytest.raises(ConfigurationError, match="does not exist"):
        bench.collect()


def test_any_storage_will_do(bench: Bench) -> None:
    """The address is any that fsspec knows."""
    storage = fsspec.filesystem("memory")
    storage.pipe_file("/drop/northwind_na/keywords/a.csv", b"from afar")
    storage.store["/drop/northwind_na/keywords/a.csv"].modified -= timedelta(days=1)
    try:
        bench.uri = "memory://drop"
        assert bench.contents(bench.collect()) == [b"from afar"]
    finally:
        storage.rm("/drop", recursive=True)
