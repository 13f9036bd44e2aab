"""Runs checks in parallel; a check that crashes or hangs becomes a finding and delays no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sellerops.base.errors import SellerOpsError
from sellerops.base.redaction import redact
from sellerops.doctor.check import Check
from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation

# How many seconds a check may take when a person runs it.
BY_HAND = 30.0


class CheckRunner:
    """Runs the same checks repeatedly. Not thread-safe.

    A check that hangs is not started again before it ends, so it never occupies more than one thread.
    """

    def __init__(self, checks: Iterable[Check], installation: Installation) -> None:
        self._checks = tuple(checks)
        self._installation = installation
        self._examined: dict[str, _Examination] = {}

    def run(self) -> list[Finding]:
        """The findings of all checks, in their order. Takes at most the longest ``seconds`` of the checks."""
        started = time.monotonic()
        running = [self._begin(each) for each in self._checks]
        found: list[Finding] = []
        for each in running:
            left = started + each.check.seconds - time.monotonic()
            found += each.findings if each.ends_within(left) else [_hanging(each.check)]
        return found

    def _begin(self, check: Check) -> _Examination:
        before = self._examined.get(check.name)
        if before is None or before.is_over:
            before = self._examined[check.name] = _Examination(check, self._installation)
        return before


def run_checks(checks: Iterable[Check], installation: Installation) -> list[Finding]:
    """The findings of all checks, in their order, for a person: each may take longer than for a probe."""
    patient = [replace(each, seconds=max(each.seconds, BY_HAND)) for each in checks]
    return CheckRunner(patient, installation).run()


class _Examination:
    """One check in its own thread, for which the process does not wait when it exits."""

    def __init__(self, check: Check, installation: Installation) -> None:
        self.check = check
        self.findings: Sequence[Finding] = ()
        self._installation = installation
        self._ended_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"sellerops-doctor-{check.name}", daemon=True)
        self._thread.start()

    def ends_within(self, seconds: float) -> bool:
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    @property
    def is_over(self) -> bool:
        """Whether it has ended and its findings are no longer fresh."""
        return self._ended_at is not None and time.monotonic() >= self._ended_at + self.check.fresh_for

    def _run(self) -> None:
        self.findings = tuple(_examine(self.check, self._installation))
        self._ended_at = time.monotonic()


def _examine(check: Check, installation: Installation) -> list[Finding]:
    try:
        return list(check.examine(installation))
    except SellerOpsError as error:
        place = f"{error.where}: " if error.where else ""
        return [Finding(check.name, State.FAILED, redact(f"{place}{error.cause}"), error.remedy)]
    except Exception as error:  # noqa: BLE001 - whatever a check raises must not hide the others' findings
        text = (str(error).strip().splitlines() or ["no details"])[0]
        what = f"The check itself failed: {type(error).__name__}: {text}"
        return [Finding(check.name, State.FAILED, redact(what), _IF_BROKEN)]


_IF_BROKEN = "Correct what the error names. If that does not help, report it as a bug in the check."


def _hanging(check: Check) -> Finding:
    return Finding(
        check.name,
        State.FAILED,
        f"The check did not answer within {check.seconds:g} s.",
        "Check that what it uses (database, archive, network) answers, then run `sellerops doctor` again.",
    )


__all__ = ["CheckRunner", "run_checks"]
