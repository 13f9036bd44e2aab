"""Docs agree with the configuration and with each other."""

from __future__ import annotations

import re
from pathlib import Path

from sellerops.settings.specs import load_spec, load_specs
from sellerops.settings.specs.report_list import overview, when

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def test_the_page_of_reports_is_made_from_the_specs() -> None:
    specs, failures = load_specs()
    assert not failures
    assert (ROOT / "docs/reports.md").read_text() == overview(specs), "run `make docs`"


def test_the_page_names_every_report_and_table() -> None:
    specs, _ = load_specs()
    text = overview(specs)
    for spec in specs:
        assert f"| `{spec.name}` |" in text
        assert all(f"| `{spec.source}.{table}` |" in text for table in spec.tables)


def test_the_page_of_schedules_tells_the_hours_that_the_specs_have() -> None:
    """A job that was replaced at other hours says why; one that nothing replaces, too."""
    lines = (ROOT / "docs/schedules.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]
    jobs = [row for row in rows if row[0] not in ("job", "---")]
    assert len(jobs) == 27
    replaced = [row for row in jobs if row[2]]
    for job, was, report, told, why in jobs:
        if not report:
            assert not told and why, job
            continue
        spec = load_spec(report.strip("`"))
        assert told == when(spec.schedule), job
        hours = set(re.findall(r"\d\d:\d\d-\d\d:\d\d", was))
        if hours and hours != set(spec.schedule.between):
            assert why, f"{job}: other hours without a reason"
    assert len(replaced) == 24
    for row in jobs:
        for name in re.findall(r"`([a-z_]+[a-z])`", row[4]):
            load_spec(name)


def test_every_link_to_a_file_leads_to_one() -> None:
    broken = {
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in _LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    }
    assert len(PAGES) > 60
    assert broken == set()


def test_the_index_lists_every_decision_once() -> None:
    folder = ROOT / "docs/decisions"
    listed = _LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(page.name for page in folder.glob("*.md") if page.name != "README.md")


def test_every_decision_states_context_decision_and_consequences() -> None:
    for page in (ROOT / "docs/decisions").glob("*.md"):
        if page.name != "README.md":
            text = page.read_text(encoding="utf-8")
            parts = [text.find(f"**{part}.**") for part in ("Context", "Decision", "Consequences")]
            assert -1 < parts[0] < parts[1] < parts[2], page.name
