"""Airbyte's connector for the Selling Partner API: a full refresh of the same reports and days.

Reads the messages that it prints, as an appending destination would. Runs in the connector's own Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from side import REPORTS, days


def messages(*arguments: str) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [Path(sys.executable).parent / "source-amazon-seller-partner", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


def main(out: Path) -> None:
    folder = out.parent
    config, catalog = folder / "config.json", folder / "catalog.json"
    config.write_text(
        json.dumps(
            {
                **json.loads(os.environ["SANDBOX_CREDENTIALS"]),
                "aws_environment": "PRODUCTION",
                "region": "US",
                "account_type": "Seller",
                "replication_start_date": f"{days()[0]}T00:00:00Z",
                "replication_end_date": f"{days()[-1] + timedelta(days=1)}T00:00:00Z",
                "period_in_days": 1,
            }
        )
    )
    types = {wanted.type: wanted for wanted in REPORTS}
    (found,) = [m["catalog"] for m in messages("discover", "--config", str(config)) if m["type"] == "CATALOG"]
    streams = [
        {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
        for stream in found["streams"]
        if stream["name"] in types
    ]
    catalog.write_text(json.dumps({"streams": streams}))
    rows: dict[str, list[Any]] = {name: [] for name in types}
    failed = []
    for message in messages("read", "--config", str(config), "--catalog", str(catalog)):
        if message["type"] == "RECORD":
            name = message["record"]["stream"]
            rows[name].append(types[name].key_of(message["record"]["data"]))
        elif message["type"] == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
            status = message["trace"]["stream_status"]
            if status["status"] == "INCOMPLETE":
                failed.append(status["stream_descriptor"]["name"])
    out.write_text(json.dumps({"rows": rows, "failed": failed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
