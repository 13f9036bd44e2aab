"""Docs agree with the configuration and with each other."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel
from support.specs import shipped_failures, shipped_specs

from sellerops.inbound import setting_models
from sellerops.inbound.packing_lists.columns import PACKING_LIST, PALLET_LIST
from sellerops.inbound.requests.form_fields import TITLES
from sellerops.inbound.settings import InboundSettings
from sellerops.settings.specs import load_spec
from sellerops.settings.specs.portal_files import evidence_of, portal_files_page
from sellerops.settings.specs.report_list import overview, when

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def test_the_page_of_reports_is_made_from_the_specs() -> None:
    specs, failures = shipped_specs(), shipped_failures()
    assert not failures
    assert (ROOT / "docs/reports.md").read_text() == overview(specs), "run `make docs`"
    assert (ROOT / "docs/portal-files.md").read_text() == portal_files_page(specs), "run `make docs`"


def test_the_page_names_every_report_and_table() -> None:
    specs = shipped_specs()
    text = overview(specs)
    for spec in specs:
        assert f"| `{spec.name}` |" in text
        assert all(f"| `{spec.source}.{table}` |" in text for table in spec.tables)


def test_every_header_of_a_web_page_says_what_it_is_known_from() -> None:
    webs = [spec for spec in shipped_specs() if spec.source in ("seller_portal", "folder")]
    assert len(webs) > 35
    unknown = [
        (spec.name, name)
        for spec in webs
        for table in spec.tables.values()
        for name in table.read_columns
        if evidence_of(table, name) is None
    ]
    assert unknown == []
    # A page's file is read as one: without the style, its money, titles and zone labels would be rejects.
    assert {spec.format.style for spec in webs} == {"web"}


def test_the_page_of_schedules_tells_the_hours_that_the_specs_have() -> None:
    """A job that was replaced at other hours says why; one that nothing replaces, too."""
    lines = (ROOT / "docs/schedules.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]
    jobs = [row for row in rows if row[0] not in ("job", "---")]
    assert len(jobs) == 29
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
    assert len(replaced) == 29
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


def test_the_page_of_inbound_shipments_has_every_field_column_and_setting() -> None:
    text = (ROOT / "docs/inbound.md").read_text(encoding="utf-8")
    for key, title in TITLES.items():
        assert f"| {title} | `{key}` |" in text
    for column in {*PACKING_LIST, *PALLET_LIST}:
        assert f"`{column.value}`" in text
    models = [each for each in vars(setting_models).values() if isinstance(each, type)]
    settings = [InboundSettings, *(each for each in models if issubclass(each, BaseModel))]
    assert len(settings) > 10
    for key in {key for model in settings for key in model.model_fields}:
        assert f"`{key}" in text, key


def test_the_messages_that_the_page_of_inbound_shipments_explains_are_in_the_code() -> None:
    page = (ROOT / "docs/inbound.md").read_text(encoding="utf-8").partition("## Troubleshooting")[2]
    files = [*(ROOT / "include/sellerops").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    explained = re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE)
    assert len(explained) > 5
    for message in explained:
        parts = [part.strip(" '") for part in message.split("...")]
        assert all(part in code for part in parts), message
