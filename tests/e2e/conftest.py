"""One whole system for all end-to-end tests, with schedules on."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.airflow_stack import running_airflow
from support.browsers import free_port
from support.examples import IS_WHOLE_SUITE
from support.portal_config import PAYMENTS, days_ago, switch_on
from support.postgres import TEMPLATE, PostgresServer
from support.sandbox import SandboxServer
from support.system import System, follow_clock

from sellerops.base.errors import BrowserMissing
from sellerops.browsers.executable import find_chromium
from sellerops.browsers.pool import VARIABLE, Pool
from sellerops.ledger import Ledger
from sellerops.settings.config_files import config_dir
from sellerops_runtime.celery import Celery
from sellerops_runtime.config_watcher import ConfigWatcher
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.local_amazon import sandbox_environment
from sellerops_runtime.report_selection import DEMO_REPORTS

SPEED = 60.0


# `celery`: all tasks run on Celery workers (make test-celery).
EXECUTOR = "SELLEROPS_TEST_EXECUTOR"
_ON_CELERY = """
    if dag.dag_id == "report__amazon_sp__on_workers":
        for task in dag.tasks:
            task.executor = "CeleryExecutor"
"""
# What `system` has running.
_RUNNING = pytest.StashKey[ExitStack]()


@pytest.fixture(scope="session")
def system(
    request: pytest.FixtureRequest,
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    _refuse_second_airflow(request.config, tmp_path_factory)
    root = Path(tempfile.mkdtemp(prefix="sellerops-e2e-"))
    config, dags = _config(root), root / "dags"
    shutil.copytree(PROJECT_ROOT / "dags", dags)
    celery = Celery() if shutil.which("redis-server") else None
    is_on_celery = os.environ.get(EXECUTOR, "local") == "celery"
    assert celery or not is_on_celery, f"{EXECUTOR}=celery needs redis-server"
    warehouse = postgres_server.create_database(TEMPLATE)
    start = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    environment = {
        "AIRFLOW__CORE__MAX_MAP_LENGTH": "512",
        # Another user, who may trigger and see everything but approves no shipments.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,visitor:op",
        # As in the demo: DAG files are parsed when the configuration changes (System.parse_again).
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        VARIABLE: str(root / "browsers"),
        "AIRFLOW_VAR_SELLEROPS_DROP_FOLDER_URI": (root / "dropped").as_uri(),
    }
    if celery and not is_on_celery:
        environment |= _beside_the_local_executor(celery, dags)
    with ExitStack() as running:
        request.config.stash[_RUNNING] = running
        running.callback(shutil.rmtree, root, ignore_errors=True)
        running.callback(Pool(root / "browsers").stop_all)
        ledger = running.enter_context(closing(Ledger(warehouse)))
        sandbox = running.enter_context(SandboxServer(speed=SPEED, options=("--start", start)))
        follow_clock(ledger, sandbox)
        # Before Airflow starts: the canary's schedule is due at once, and signs in to the same login.
        sandbox.control("POST", "/portal", json={"challenges": []})
        sandbox.faults("portal_captcha", times=1)
        airflow = running.enter_context(
            running_airflow(
                postgres_server,
                dags=dags,
                config=config,
                environment=environment,
                schedules=True,
                parallelism=6,
                celery=celery if is_on_celery else None,
            )
        )
        reader = urlsplit(postgres_server.reader(warehouse)).password or ""
        airflow.apply_settings(_settings(sandbox.url, warehouse, reader, root / "archive"))
        metadata = airflow.stack.database_url.replace("+psycopg", "")
        secrets = [str(a[key]) for a in sandbox.accounts() for key in ("client_secret", "refresh_token")]
        user = next(each for each in sandbox.control("GET", "/portal")["users"] if each["role"] == "finance")
        secrets += [user["password"], user["totp_secret"]]
        watcher = ConfigWatcher(config, dags)
        yield System(airflow, sandbox, ledger, warehouse, metadata, config, watcher, celery, secrets)


def _beside_the_local_executor(celery: Celery, dags: Path) -> dict[str, str]:
    """Airflow's variables for both executors, and DAG files that name Celery for one report.

    Another Airflow would cost a minute of CPU. test_celery.py starts the workers.
    """
    for path in dags.glob("report_dags_*.py"):
        path.write_text(path.read_text(encoding="utf-8") + _ON_CELERY, encoding="utf-8")
    settings = {f"AIRFLOW__{key}": str(value) for key, value in celery.settings().items()}
    return {**settings, "AIRFLOW__CORE__EXECUTOR": "LocalExecutor,CeleryExecutor"}


@pytest.fixture(scope="session", autouse=True)
def run_with_captcha(system: System) -> str:
    """A download that meets a captcha: started before all tests, looked at by test_portal.py. Its run id.

    Empty without a Chromium.
    """
    try:
        find_chromium()
    except BrowserMissing:
        return ""
    system.airflow.wait_for_dags(PAYMENTS, "portal_sign_in")
    return system.airflow.run(PAYMENTS, {"from_day": days_ago(20), "to_day": days_ago(14)})


# Shipments wait for long: other files go between the tests of theirs, which look at the same runs.
_AFTER = {
    "test_a_shipment_waits_for_a_named_person": "test_quarantine.py",
    "test_approved_shipments_end_with_labels_on_disk": "test_schedule_backfill_clear.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in alphabetical order, and some tests after another file than their own."""
    places = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    ours = sorted((items[place] for place in places), key=_order)
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def _order(item: pytest.Item) -> tuple[str, bool]:
    return _AFTER.get(item.name, item.path.name), item.name in _AFTER


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop all of it after the last end-to-end test and its fixtures: others follow in the same process."""
    running = item.config.stash.get(_RUNNING, None)
    if running and (nextitem is None or nextitem.get_closest_marker("e2e") is None):
        running.close()


def _refuse_second_airflow(config: pytest.Config, folders: pytest.TempPathFactory) -> None:
    """Two of them cost minutes and disturb each other: all end-to-end tests belong to one process."""
    if not hasattr(config, "workerinput"):
        return
    mark = folders.getbasetemp().parent / "airflow-of-e2e"
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        pytest.exit("two processes run end-to-end tests; see tests/support/scheduling.py", returncode=3)


def _settings(amazon: str, warehouse: str, reader_password: str, archive: Path) -> dict[str, str]:
    address = urlsplit(warehouse)
    return {
        **sandbox_environment(amazon),
        "SELLEROPS_WAREHOUSE_HOST": str(address.hostname),
        "SELLEROPS_WAREHOUSE_PORT": str(address.port),
        "SELLEROPS_WAREHOUSE_DATABASE": address.path[1:],
        "SELLEROPS_WAREHOUSE_USER": str(address.username),
        "SELLEROPS_WAREHOUSE_PASSWORD": address.password or "",
        "SELLEROPS_READER_PASSWORD": reader_password,
        "SELLEROPS_ARCHIVE_URI": archive.as_uri(),
    }


def _config(root: Path) -> Path:
    """The shipped configuration: the plain demo's reports, and copies on schedules tests can await."""
    config = root / "config"
    shutil.copytree(config_dir(), config)
    reports = config / "reports" / "amazon_sp"
    shutil.rmtree(config / "reports" / "amazon_ads")
    for path in reports.glob("*.yaml"):
        if path.stem not in DEMO_REPORTS:
            path.unlink()  # the dag-processor shares two cores with everything else
    sales = (reports / "sales_and_traffic.yaml").read_text(encoding="utf-8")
    stock = (reports / "fba_manage_inventory.yaml").read_text(encoding="utf-8")
    start = (datetime.now(UTC) - timedelta(days=5 if IS_WHOLE_SUITE else 3)).date().isoformat()
    write = _writer(reports)
    write("backfilled", sales, "northwind_eu", "DE", ("lookback: 3d", "lookback: 1d"))
    write(
        "caught_up",
        sales,
        "northwind_eu",
        "FR",
        ("lookback: 3d", "lookback: 2d"),
        ("scope: marketplace", f'catchup: true\nstart_date: "{start}"\nscope: marketplace'),
    )
    # Due in leap years only, so only tests start it; a second run over the same day requests it again.
    write(
        "by_hand",
        sales,
        "northwind_na",
        "US, CA, MX",
        ("0 7 * * *", "0 7 29 2 *"),
        ("fresh_for: 6h", "fresh_for: 0s"),
    )
    every_minute = re.search(r"schedule:\n(?:  .*\n)+", stock)
    assert every_minute
    cron = 'schedule: {cron: "* * * * *", timezone: UTC}\n'
    # For a test of two Celery workers, which starts it.
    write("on_workers", sales, "northwind_na", "US", ("0 7 * * *", "0 7 29 2 *"))
    # The scheduler's clock is real, the local Amazon's faster: its now may be hours after a snapshot's time.
    write(
        "every_minute", stock, "northwind_na", "MX", (every_minute[0], cron), ("history: 6h", "history: 30d")
    )
    _switch_on_web_pages(config)
    return config


def _switch_on_web_pages(config: Path) -> None:
    """One login, and a report of one store that only tests start."""
    login = {
        "site": "seller_central",
        "accounts": ["northwind_na"],
        "roles": ["finance"],
        "browser": f"http://127.0.0.1:{free_port()}",
    }
    switch_on(config, logins={"northwind_finance": login}, reports=("payments_date_range",))
    path = config / "reports" / "seller_portal" / "payments_date_range.yaml"
    text = path.read_text(encoding="utf-8")
    every_day = 'schedule: {between: ["01:01-01:06"], timezone: America/Los_Angeles}'
    assert every_day in text
    leap_years = 'schedule: {cron: "0 7 29 2 *", timezone: UTC}'
    more = "accounts: [northwind_na]\nmarketplaces: [US]\n"
    path.write_text(text.replace(every_day, leap_years) + more, encoding="utf-8")


def _writer(reports: Path) -> Callable[..., None]:
    def write(name: str, text: str, account: str, marketplaces: str, *changes: tuple[str, str]) -> None:
        """A copy of a spec for some marketplaces, with its own tables."""
        tables = re.findall(r"^  ([a-z_]+):\n    description", text, flags=re.MULTILINE)
        for old, new in [*changes, *((f"  {table}:\n", f"  {name}_{table}:\n") for table in tables)]:
            assert old in text, old
            text = text.replace(old, new)
        text += f"accounts: [{account}]\nmarketplaces: [{marketplaces}]\n"
        (reports / f"{name}.yaml").write_text(text, encoding="utf-8")

    return write
