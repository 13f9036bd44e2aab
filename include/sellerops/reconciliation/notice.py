"""The notice about figures that differ: sent once for each marketplace and day."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sellerops.notices import Event, Notice, slack_blocks
from sellerops.reconciliation.checks import CheckSpec
from sellerops.reconciliation.results import CheckResult
from sellerops.settings.marketplaces import all_marketplaces

_MOST_LINES = 10
_LONGEST_EVIDENCE = 300


def key_of(result: CheckResult) -> str:
    """Identifies a figure across runs of its check."""
    parts = (result.check, result.account_id, result.marketplace_id, str(result.day), result.subject)
    return "|".join(("check_off", *parts))


def difference_notice(check: CheckSpec, off: Sequence[CheckResult], run_url: str) -> Notice:
    """One notice for all figures of a run that newly differ beyond their tolerance."""
    figures = "figure is" if len(off) == 1 else "figures are"
    headline = f"{check.name}: {len(off)} {figures} off"
    lines = [_line(check, each) for each in off[:_MOST_LINES]]
    if len(off) > _MOST_LINES:
        lines.append(f"... and {len(off) - _MOST_LINES} more; `sellerops checks show --verdict off`.")
    remedy = (
        "Next: compare with Seller Central, collect the days again (trigger with From day), then clear the "
        "check. The stored rows are unchanged."
    )
    sections = [check.description, "\n".join(lines), remedy]
    return Notice(
        key_of(off[0]),
        Event(check.severity),
        "\n".join([headline, *sections]),
        slack_blocks(headline, sections, context=f"<{run_url}|Run>"),
        account_ids=tuple(dict.fromkeys(each.account_id for each in off)),
        report=check.name,
    )


def _line(check: CheckSpec, result: CheckResult) -> str:
    codes = {each.id: each.code for each in all_marketplaces().values()}
    place = " ".join(
        filter(None, [result.account_id, codes.get(result.marketplace_id, result.marketplace_id)])
    )
    what = f" {result.subject}" if result.subject else ""
    evidence = json.dumps(result.evidence or {}, ensure_ascii=False)[:_LONGEST_EVIDENCE]
    return (
        f"*{place} {result.day}*{what}: {result.left:,} against {result.right:,} {check.unit}, "
        f"{result.difference:+,} ({result.tolerance:,} allowed). {evidence}"
    )
