"""What many sellers run by cron: python-amazon-sp-api and pandas, a day at a time, one CSV per report.

It is written as carefully as such scripts are: it waits for each report, tries a day three times, skips a
cancelled one as empty, and goes on with the next day when one fails.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
from sp_api.api import Reports
from sp_api.auth import AccessTokenClient

from side import MARKETPLACE, REPORTS, days

TRIES = 3
# Seconds of Amazon's clock per second of ours.
SPEED = float(os.environ["SANDBOX_SPEED"])


class LocalTokens(AccessTokenClient):
    scheme = "http://"
    host = urlsplit(os.environ["SANDBOX_URL"]).netloc


class LocalMarketplace:
    endpoint = os.environ["SANDBOX_URL"]
    marketplace_id = MARKETPLACE
    region = "us-east-1"


def collect(api: Reports, report_type: str, day: date) -> pd.DataFrame:
    created = api.create_report(
        reportType=report_type,
        marketplaceIds=[MARKETPLACE],
        dataStartTime=f"{day}T00:00:00Z",
        dataEndTime=f"{day + timedelta(days=1)}T00:00:00Z",
    ).payload
    while True:
        report = api.get_report(created["reportId"]).payload
        if report["processingStatus"] in ("DONE", "CANCELLED", "FATAL"):
            break
        time.sleep(30 / SPEED)
    if report["processingStatus"] == "CANCELLED":
        return pd.DataFrame()
    if report["processingStatus"] == "FATAL":
        raise RuntimeError(f"{report_type} {day} is FATAL")
    document = api.get_report_document(report["reportDocumentId"], download=True).payload["document"]
    return pd.read_csv(io.StringIO(document), sep="\t", dtype=str, keep_default_na=False)


def main(out: Path) -> None:
    credentials = json.loads(os.environ["SANDBOX_CREDENTIALS"])
    api = Reports(LocalMarketplace, credentials=credentials, auth_token_client_class=LocalTokens, timeout=60)
    rows, failed = {}, []
    for wanted in REPORTS:
        file = out.parent / f"{wanted.spec}.csv"
        for day in days():
            for _ in range(TRIES):
                try:
                    frame = collect(api, wanted.type, day)
                    if not frame.empty:
                        frame.to_csv(file, mode="a", header=not file.exists(), index=False)
                    break
                except Exception as error:  # noqa: BLE001 - as such scripts do
                    print(f"{wanted.spec} {day}: {error}", file=sys.stderr)
                    time.sleep(60 / SPEED)
            else:
                failed.append(f"{wanted.spec} {day}")
        try:
            stored = pd.read_csv(file, dtype=str, keep_default_na=False) if file.exists() else pd.DataFrame()
            rows[wanted.type] = [wanted.key_of(row) for row in stored.to_dict("records")]
        except Exception as error:  # noqa: BLE001 - as such scripts do
            failed.append(f"{wanted.spec}: its file cannot be read: {error}")
            rows[wanted.type] = []
    out.write_text(json.dumps({"rows": rows, "failed": failed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
