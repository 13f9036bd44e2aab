"""Records a slice's state in the ledger: for one destination, or for the slice as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sellerops.calendar.slices import Slice
    from sellerops.ledger import Ledger, RunRef, SliceState
    from sellerops.settings.specs import ReportSpec


@dataclass(frozen=True)
class SliceLoad:
    """The load of a slice's documents into one destination.

    ``destinations``: all destinations of the account; ``request_ids``: the documents' requests in the ledger.
    """

    destination: str
    destinations: tuple[str, ...]
    request_ids: tuple[int, ...]

    @classmethod
    def of(cls, spec: ReportSpec, slice_: Slice, destination: str, request_ids: Sequence[int]) -> SliceLoad:
        """The load of ``slice_`` into ``destination``; the spec knows the account's other destinations."""
        return cls(destination, spec.destinations_of(slice_.account_id), tuple(request_ids))

    def record_state(
        self,
        ledger: Ledger,
        slice_: Slice,
        state: SliceState,
        *,
        run: RunRef | None,
        load_id: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        """Record the slice's state in this destination."""
        ledger.set_destination_state(
            slice_,
            self.destination,
            state,
            destinations=self.destinations,
            run=run,
            request_id=max(self.request_ids, default=None),
            load_id=load_id,
            error=error,
        )


def record_slice_state(
    ledger: Ledger,
    slice_: Slice,
    state: SliceState,
    slice_load: SliceLoad | None,
    *,
    run: RunRef | None,
    error: BaseException | None = None,
) -> None:
    """Record the slice's final state for one destination, or for all when ``slice_load`` is None."""
    if slice_load is None:
        ledger.set_slice_state(slice_, state, run=run, error=error)
    else:
        slice_load.record_state(ledger, slice_, state, run=run, error=error)
