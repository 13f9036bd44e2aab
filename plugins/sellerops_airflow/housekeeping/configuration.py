"""Notices of invalid configuration files, once each, and their recoveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import send_notice, send_recoveries

if TYPE_CHECKING:
    from sellerops.ledger import Ledger


def check_configuration(ledger: Ledger) -> int:
    """Check all configuration files, and send notices and recoveries. Returns how many files are invalid."""
    from sellerops.ledger.notices import open_faults
    from sellerops.preflight.configuration import all_problems
    from sellerops.preflight.notice import PREFIX, fault_key_of, invalid_notice, recovery_line

    known = {each.fault_key: each for each in ledger.database.run(lambda c: open_faults(c, PREFIX))}
    problems = {fault_key_of(each): each for each in reversed(all_problems())}
    now = ledger.clock().now()
    for key, problem in problems.items():
        send_notice(ledger, invalid_notice(problem, now, is_known=key in known))
    for key, fault in known.items():
        if key not in problems:
            send_recoveries(ledger, [fault.id], headline=recovery_line(key.removeprefix(PREFIX)))
    return len(problems)


__all__ = ["check_configuration"]
