"""The part of a collector that operators and triggers use; tests script it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sellerops.base.errors import ArchiveDamaged
    from sellerops.calendar.slices import Slice
    from sellerops.collect import Done, WaitFor, WaitResult
    from sellerops.ledger import RunRef


class CollectorLike(Protocol):
    """The methods of ``sellerops.collect.Collector`` that operators and triggers use."""

    def advance(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> Done | WaitFor: ...

    def archive_again(self, slice_: Slice, request_id: int) -> None: ...

    def give_up_document(self, request_id: int, cause: str) -> ArchiveDamaged: ...

    async def wait(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> WaitResult: ...
