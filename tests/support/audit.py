"""Known vulnerabilities of locked packages: what ``make audit`` runs.

    python tests/support/audit.py COMMAND...

Runs COMMAND (pip-audit) with the ids of ``accepted-vulnerabilities.csv`` left out. Fails if it finds others,
and if COMMAND fails for any reason but a service that cannot be reached; then a word says so.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

ACCEPTED = Path(__file__).resolve().parents[2] / "accepted-vulnerabilities.csv"
# The service's answers and exceptions of requests (pip-audit), and uv's words when it cannot fetch pip-audit.
_UNREACHABLE = re.compile(
    r"^requests\.exceptions\.(?:ConnectionError|ConnectTimeout|ProxyError|ReadTimeout):"
    r"|Could not connect to OSV's vulnerability feed"
    r"|\b50[0234] Server Error"
    r"|error sending request for url|client error \(Connect\)|tunnel error|dns error|operation timed out"
    r"|HTTP status server error|HTTP status client error \((?:403|407)",
    re.MULTILINE,
)


def accepted(text: str, today: date) -> list[str]:
    """The ids of a file with columns ``id``, ``until`` (a date, the last day) and ``reason``.

    Raises ValueError for an entry without a reason, and for one that has ended.
    """
    ids = []
    for row in csv.DictReader(text.splitlines()):
        if not row["reason"]:
            raise ValueError(f"{row['id']} is accepted without a reason.")
        if date.fromisoformat(row["until"]) < today:
            raise ValueError(
                f"{row['id']} was accepted until {row['until']} only: {row['reason']}. "
                "Look whether there is a fixed version now; else give it another day."
            )
        ids.append(row["id"])
    return ids


def is_unreachable(said: str) -> bool:
    """Whether pip-audit, which failed, did so because a service could not be reached."""
    return not re.search(r"^Found \d+ known vulnerabilit", said, re.MULTILINE) and bool(
        _UNREACHABLE.search(said)
    )


def main(command: list[str]) -> int:
    lock = command[-1]
    try:
        ignored = accepted(ACCEPTED.read_text(encoding="utf-8"), datetime.now(UTC).date())
    except ValueError as error:
        print(f"{ACCEPTED.name}: {error}", file=sys.stderr)
        return 1
    options = [word for each in ignored for word in ("--ignore-vuln", each)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode == 0:
        print(f"{lock}: no known vulnerabilities" + (f" but {', '.join(ignored)}" if ignored else ""))
        return 0
    if is_unreachable(said):
        print(f"{lock} was not audited: the service could not be reached.", file=sys.stderr)
        return 0
    print(
        f"{said}\n{lock}: the audit failed, see above. Take a fixed version (make lock ARGS=--upgrade); "
        f"where there is none, add a line to {ACCEPTED.name}.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
