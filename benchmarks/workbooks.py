"""How fast and in how much memory an Excel workbook becomes typed rows, compared with pandas.read_excel.

    PYTHONPATH=include:plugins python benchmarks/workbooks.py [--rows 50000] [--rounds 3]

The workbook: an AWD bill with 12 columns below two title rows. Each step runs in its own process:

- ``ours``: rows from the workbook as record batches, with the report's spec
- ``pandas``: ``read_excel`` of the same workbook into a frame; dates and numbers as it guesses them

Prints JSON: rows per second and peak memory of both, and the median ratio. Exits with 1 if ours is slower
than pandas, needs more memory, or lost a row.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

TIMES_PANDAS = 1.0
_HEADER = (
    "month_of_charge", "sku", "fnsku", "asin", "inventory_country", "volume", "volume_unit", "storage_rate",
    "fee_type", "currency", "total_charged_amount", "note",
)  # fmt: skip


def write_workbook(path: Path, rows: int) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Storage fees")
    sheet.append(["AWD Monthly Storage Fee Report"])
    sheet.append(["Currency", "USD"])
    sheet.append(_HEADER)
    month = datetime(2026, 10, 1)  # noqa: DTZ001 - Excel has no zones
    for number in range(rows):
        volume = number % 977 / 7
        sheet.append(
            [
                month,
                f"SKU-{number % 4000}",
                f"X00{number:07d}",
                f"B0{number % 4000:08d}",
                "US",
                volume,
                "cubic feet",
                0.48,
                "Base storage",
                "USD",
                round(volume * 0.48, 2),
                f"line {number}",
            ]
        )
    book.save(path)


def ours(path: Path) -> int:
    from sellerops.calendar.slices import Slice
    from sellerops.formats import open_rows
    from sellerops.settings.specs import load_spec

    spec = load_spec("awd_storage_fees")
    slice_ = Slice(
        "seller_portal", spec.name, "northwind", "NA", ("US",), "l", "UTC", "2026-10-01", "2026-10-31"
    )
    with path.open("rb") as stream:
        rows = open_rows(
            spec.tables["awd_storage_fees"],
            stream,
            file_format=spec.format,
            slice_=slice_,
            on_reject=lambda reject: sys.exit(f"rejected: {reject}"),
        )
        return sum(batch.num_rows for batch in rows)


def pandas(path: Path) -> int:
    import pandas

    return len(pandas.read_excel(path, header=2))


def measure(step: str, path: Path) -> dict[str, float]:
    """Seconds, rows and peak megabytes of one step in a process of its own."""
    command = [sys.executable, __file__, "--step", step, "--workbook", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def run_step(step: str, path: Path) -> None:
    begun = time.perf_counter()
    rows = {"ours": ours, "pandas": pandas}[step](path)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "rows": rows, "peak_mb": peak}))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--step", choices=["ours", "pandas"])
    parser.add_argument("--workbook", type=Path)
    options = parser.parse_args()
    if options.step:
        run_step(options.step, options.workbook)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bill.xlsx")
        write_workbook(path, options.rows)
        rounds = [{step: measure(step, path) for step in ("ours", "pandas")} for _ in range(options.rounds)]
    ratio = statistics.median(each["pandas"]["seconds"] / each["ours"]["seconds"] for each in rounds)
    report = {
        step: {
            "rows_per_second": round(
                options.rows / statistics.median(each[step]["seconds"] for each in rounds)
            ),
            "peak_mb": round(max(each[step]["peak_mb"] for each in rounds)),
        }
        for step in ("ours", "pandas")
    }
    print(json.dumps({**report, "times_pandas": round(ratio, 2), "rows": options.rows}, indent=2))
    is_whole = all(each["ours"]["rows"] == options.rows for each in rounds)
    is_small = report["ours"]["peak_mb"] <= report["pandas"]["peak_mb"]
    return 0 if ratio >= TIMES_PANDAS and is_whole and is_small else 1


if __name__ == "__main__":
    sys.exit(main())
