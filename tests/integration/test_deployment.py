"""Ledger and archive are one pair: every other pairing is refused, and the remedy works as printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import psycopg
import pytest
from integration.destinations.documents import NOON
from support.archived import archive_document, load_archived

from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import plan_slices
from sellerops.cli import main
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import adopt_archive, bind_archive, deployment_of
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops_airflow.runtime import Runtime

SPEC = load_spec("fba_customer_returns")
SLICE = plan_slices(SPEC, load_accounts()["northwind_na"], run_at=NOON, now=NOON)[0]
DOCUMENT = (
    "return-date\torder-id\tsku\tasin\tfnsku\tproduct-name\tquantity\tfulfillment-center-id\treason\n"
    f"{SLICE.days[0]}T12:00:00+00:00\tO-1\tS\tA\tF\tTape\t1\tABE2\tUNWANTED_ITEM\n"
).encode()


def another_ledger(owner: str) -> None:
    """The ledger as a fresh database has it."""
    with psycopg.connect(owner) as connection:
        connection.execute("DELETE FROM sellerops.deployment")
        connection.execute("INSERT INTO sellerops.deployment DEFAULT VALUES")


def run_remedy(error: ConfigurationError, monkeypatch: pytest.MonkeyPatch, ledger: Ledger) -> None:
    """Run the printed command."""
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", ledger.database.conninfo)
    assert main(printed_command(error.remedy)) == 0


def printed_command(text: str) -> list[str]:
    """The arguments of the command in a text."""
    printed = re.search(r"`bin/sellerops ([^`]+)`", text)
    assert printed is not None
    return shlex.split(printed[1])


@pytest.fixture(params=["local", "memory"])
def roots(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    base = {"local": str(tmp_path), "memory": f"memory://{tmp_path}"}[request.param]
    return f"{base}/one", f"{base}/two"


def test_the_first_use_ties_them_and_the_next_are_silent(ledger: Ledger, roots: tuple[str, str]) -> None:
    archive = Archive(roots[0])
    assert archive.owner() is None
    for _ in range(2):
        bind_archive(ledger, archive)
    known = deployment_of(ledger)
    assert archive.owner() == known.id
    assert known.archive == archive.root


def test_a_second_deployment_on_the_same_database_is_refused(ledger: Ledger, roots: tuple[str, str]) -> None:
    bind_archive(ledger, Archive(roots[0]))
    with pytest.raises(ConfigurationError, match="not this one") as refused:
        bind_archive(ledger, Archive(roots[1]))
    assert "its own database" in refused.value.remedy
    bind_archive(ledger, Archive(roots[0]))


def test_another_ledger_over_the_same_archive_is_refused_until_it_adopts_it(
    ledger: Ledger, owner: str, roots: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bind_archive(ledger, Archive(roots[0]))
    another_ledger(owner)
    with pytest.raises(ConfigurationError, match="belongs to another ledger") as refused:
        bind_archive(ledger, Archive(roots[0]))
    if roots[0].startswith("/"):
        run_remedy(refused.value, monkeypatch, ledger)
    else:
        adopt_archive(ledger, Archive(roots[0]))
    bind_archive(ledger, Archive(roots[0]))


def test_a_moved_archive_is_adopted_with_the_addresses_of_its_documents(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = Archive(str(tmp_path / "old")), Archive(str(tmp_path / "moved here"))
    bind_archive(ledger, old)
    load_archived(ledger, old, SPEC, SLICE, archive_document(old, SPEC, SLICE, NOON, DOCUMENT))
    (tmp_path / "old").rename(tmp_path / "moved here")
    with pytest.raises(ConfigurationError, match="the ledger's archive is") as refused:
        bind_archive(ledger, new)
    run_remedy(refused.value, monkeypatch, ledger)
    bind_archive(ledger, new)
    (done,) = replay(ledger, new, SPEC, Scope(), check=True)
    assert done.comparison.is_equal
    assert done.comparison.rows == 1


def test_an_archive_without_the_ledgers_documents_is_adopted_only_by_its_own_option(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong address, or one where nothing is mounted: the ledger's addresses stay as they were."""
    old, wrong = Archive(str(tmp_path / "old")), Archive(str(tmp_path / "wrong"))
    bind_archive(ledger, old)
    load_archived(ledger, old, SPEC, SLICE, archive_document(old, SPEC, SLICE, NOON, DOCUMENT))
    with pytest.raises(ConfigurationError) as refused:
        bind_archive(ledger, wrong)
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", ledger.database.conninfo)
    adopting = printed_command(refused.value.remedy)
    assert main(adopting) == 1
    told = capsys.readouterr().err
    assert "none of the 1 newest documents" in told
    assert wrong.owner() is None
    assert deployment_of(ledger).archive == old.root
    assert main(printed_command(told)) == 0
    bind_archive(ledger, wrong)
    assert main(["ledger", "adopt-archive", "--archive", old.root]) == 0
    bind_archive(ledger, old)


def test_a_folder_that_is_not_mounted_is_not_taken_for_an_empty_archive(
    ledger: Ledger, tmp_path: Path
) -> None:
    archive = Archive(str(tmp_path / "mount"))
    bind_archive(ledger, archive)
    (tmp_path / "mount" / "sellerops-archive.json").unlink()
    with pytest.raises(ConfigurationError, match="not mounted"):
        bind_archive(ledger, archive)


def test_tasks_look_when_they_use_the_archive(ledger: Ledger, tmp_path: Path) -> None:
    def conninfo_of() -> str:
        return ledger.database.conninfo

    first, second = (
        Runtime(conninfo_of, lambda name=name: str(tmp_path / name), conninfo_of) for name in ("one", "two")
    )
    try:
        assert first.archive.root.endswith("/one")
        with pytest.raises(ConfigurationError, match="not this one"):
            _ = second.archive
    finally:
        first.close()
        second.close()
