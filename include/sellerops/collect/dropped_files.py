"""Collects files that a person or another system puts into the drop folder.

Every version of a file (path, size, time or etag) has its own request, like reports that Amazon creates on
its own schedule. A file is loaded once: each run after it was put there collects it, until it is loaded.
Nothing in the folder is moved or deleted.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import mimetypes
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sellerops.archive import DocumentMeta
from sellerops.base.errors import GiveUpError, RetryableError, WrongFile
from sellerops.collect.context import Job, Tools, key_of
from sellerops.collect.document_meta import document_meta
from sellerops.collect.outcomes import Done, Outcome, WaitFor, WaitOutcome, WaitResult
from sellerops.collect.slice_states import SliceStates
from sellerops.formats.acceptance import check_file
from sellerops.ledger import ReportRequest, RequestStatus, SliceState
from sellerops.ledger.dropped import find_failed, find_same_content, settled_requests
from sellerops.ledger.waits import off_loop
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.common.folder_api import DropFolder, DroppedFile

log = logging.getLogger(__name__)

# A file modified more recently than this is still being written. Real time, like the files' own times.
SETTLED_AFTER = timedelta(minutes=1)
# Real seconds between two checks of files that are being written, and how long a wait keeps checking.
LOOK_EVERY = 10.0
PATIENCE = 900.0
_CHUNK = 1 << 20


class DroppedFiles:
    """Collects one slice's files; ``advance`` and ``wait`` as in Collector."""

    def __init__(self, tools: Tools, folder: DropFolder, job: Job, states: SliceStates) -> None:
        self._tools, self._folder, self._job, self._states = tools, folder, job, states

    def advance(self, ids: tuple[int, ...] = ()) -> Done | WaitFor:
        """Archive what is new. The request of an unusable file is FAILED, and loading it reports why."""
        collected: list[ReportRequest] = []
        unfinished: list[str] = []
        for file in self._files():
            request = None if _is_young(file) else self._collected(file)
            if request:
                collected.append(request)
            else:
                unfinished.append(file.path)
        if unfinished:
            self._states.record(self._job, SliceState.REQUESTED, None)
            return WaitFor((), f"{', '.join(unfinished)} to be written completely")
        ids = self._to_load(collected)
        if not ids:
            self._record_nothing_new()
            return Done((), Outcome.EMPTY)
        return Done(ids, Outcome.DOCUMENTS)

    async def wait(self, ids: tuple[int, ...] = ()) -> WaitResult:
        """Wait until no file is being written any more. Raises RetryableError after ``PATIENCE``."""
        until = time.monotonic() + PATIENCE
        while young := [file.path for file in await off_loop(self._files) if _is_young(file)]:
            if time.monotonic() >= until:
                raise RetryableError(
                    f"{', '.join(young)} has kept changing for {PATIENCE / 60:g} minutes.",
                    where=f"drop folder, {self._job.slice_.label}",
                    remedy="Nothing: Airflow retries automatically. Remove a file that will stay incomplete.",
                )
            await asyncio.sleep(LOOK_EVERY)
        return WaitResult(WaitOutcome.READY, "all files are written")

    def archive_again(self, request: ReportRequest) -> bool:
        """Archive the file again, if the folder still has this version of it; whether it did."""
        file = next((each for each in self._files() if each.identity == request.report_id), None)
        return file is not None and self._archive(file, request, is_repeated=True)

    def _record_nothing_new(self) -> None:
        """Record that there is no new file. A day for which an earlier run loaded a file stays LOADED; one in
        quarantine stays QUARANTINED.
        """
        slice_ = self._job.slice_
        marketplace_id = slice_.marketplace.id if slice_.marketplace else ""
        rows = self._tools.ledger.slice_states(
            report=slice_.report,
            account_id=slice_.account_id,
            marketplace_id=marketplace_id,
            first_day=slice_.days[0],
            last_day=slice_.days[-1],
        )
        states = {row.state for row in rows}
        if SliceState.QUARANTINED not in states:
            has_file = SliceState.LOADED in states
            state = SliceState.LOADED if has_file else SliceState.CONFIRMED_EMPTY
            self._states.record(self._job, state, None)

    # -- which files

    def _files(self) -> Sequence[DroppedFile]:
        """The slice's files. With one slice per marketplace, these are the files in the marketplace's
        subfolder. Files outside all subfolders belong to the first marketplace, and are refused there unless
        it is the only one.
        """
        spec = self._tools.spec
        assert spec.request.files is not None  # a spec with `dropped` has one
        files = self._folder.files(spec.name, spec.request.files)
        if spec.scope != "marketplace":
            return files
        return [
            file for file in files if (file.marketplace or self._codes[0]) in self._job.slice_.marketplaces
        ]

    @property
    def _codes(self) -> list[str]:
        """The codes of the marketplaces that the report is collected for."""
        wanted = self._tools.spec.marketplaces
        return [
            each.code for each in self._tools.account.marketplaces if wanted == "all" or each.code in wanted
        ]

    def _refuse_homeless(self, file: DroppedFile) -> None:
        if self._tools.spec.scope != "marketplace" or file.marketplace or len(self._codes) == 1:
            return
        raise GiveUpError(
            "its folder does not say which marketplace it is from: move it into a subfolder with the code "
            f"({', '.join(self._codes)}).",
            where=file.path,
        )

    def _to_load(self, requests: Sequence[ReportRequest]) -> tuple[int, ...]:
        """The requests whose documents have not been loaded yet, and those that this run opened."""
        ids = tuple(dict.fromkeys(int(each.document_headers.get("same_as") or each.id) for each in requests))
        settled = self._tools.ledger.database.run(lambda c: settled_requests(c, ids))
        run = self._job.run
        own = {each.id for each in requests if (each.dag_id, each.run_id) == (run.dag_id, run.run_id)}
        return tuple(one for one in ids if one in own or one not in settled)

    # -- one file

    def _collected(self, file: DroppedFile) -> ReportRequest | None:
        """The file's request, ARCHIVED or FAILED; None if the file changed while it was read."""
        request = self._request(file)
        archive = self._tools.archive
        if request.status is RequestStatus.ARCHIVED and archive.has(request.archive_uri or ""):
            return request
        try:
            self._refuse_homeless(file)
            if not self._archive(file, request):
                return None
        except WrongFile as error:
            # The ledger stores an error's cause, so the remedy is part of it.
            cause = f"{error.cause.rstrip('.')}: correct the file, or remove it."
            self._tools.ledger.record_failed(request.id, GiveUpError(cause, where=file.path))
        except GiveUpError as error:
            self._tools.ledger.record_failed(request.id, error)
        return self._tools.ledger.get_request(request.id)

    def _request(self, file: DroppedFile) -> ReportRequest:
        """The request for this version of the file; if that failed earlier, the failed one, to try again."""
        account, report, ledger = self._tools.account.id, self._tools.spec.name, self._tools.ledger
        failed = ledger.database.run(lambda c: find_failed(c, account, report, file.identity))
        if failed:
            return ledger.get_request(failed)
        key = replace(key_of(self._tools.spec, self._job.slice_), window_start=None, window_end=None)
        ids = (marketplace(file.marketplace).id,) if file.marketplace else key.marketplace_ids
        return ledger.find_or_open_listed(
            key, file.identity, file.path, file.modified, None, None, ids, self._job.run
        )

    def _archive(self, file: DroppedFile, request: ReportRequest, *, is_repeated: bool = False) -> bool:
        """Archive the file, unless its content is archived already. False if it changed meanwhile."""
        with tempfile.TemporaryDirectory(prefix="sellerops-dropped-") as folder:
            copy = Path(folder, "file")
            if not self._folder.copy(file, copy):
                return False
            check_file(copy, file.name, {}, self._tools.spec, self._job.slice_)
            same = None if is_repeated else self._same(request, copy)
            if same:
                log.info("%s is the same as the file of request %s", file.path, same.id)
                headers = {**same.document_headers, "same_as": same.id}
                uri, nbytes, sha256 = same.archive_uri, same.archive_bytes, same.content_sha256
                self._record(request, uri or "", nbytes or 0, sha256 or "", headers)
                return True
            document = self._tools.archive.put_stream(_chunks(copy), self._meta(file, request))
            self._record(request, document.uri, document.nbytes, document.sha256, document.headers)
        return True

    def _same(self, request: ReportRequest, copy: Path) -> ReportRequest | None:
        """The request that already has this content, if its document is still in the archive."""
        digest = hashlib.sha256()
        for chunk in _chunks(copy):
            digest.update(chunk)
        ledger = self._tools.ledger
        found = ledger.database.run(lambda c: find_same_content(c, request, digest.hexdigest()))
        same = ledger.get_request(found) if found else None
        return same if same and self._tools.archive.has(same.archive_uri or "") else None

    def _record(
        self, request: ReportRequest, uri: str, nbytes: int, sha256: str, headers: Mapping[str, Any]
    ) -> None:
        self._tools.ledger.record_archived(request.id, uri=uri, nbytes=nbytes, sha256=sha256, headers=headers)

    def _meta(self, file: DroppedFile, request: ReportRequest) -> DocumentMeta:
        return document_meta(
            self._tools,
            request,
            self._job.slice_,
            fetch=file.identity,
            fetched_at=self._tools.ledger.clock().now().isoformat(),
            response={
                "content_type": mimetypes.guess_type(file.name)[0],
                "file_name": file.name,
                "facts": {"file": file.path, "modified": file.modified.isoformat()},
            },
            report_id=file.identity,
        )


def _is_young(file: DroppedFile) -> bool:
    return datetime.now(UTC) - file.modified < SETTLED_AFTER


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
