"""The pages behind a task's links: access, content, and that browsers execute nothing in them."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.airflow_home import PROJECT_ROOT, airflow_environment, prepare_airflow

prepare_airflow()

from fastapi import FastAPI  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402
from integration.destinations.documents import as_json  # noqa: E402
from support.fake_runtime import DAG_ID, SLICE  # noqa: E402

from sellerops.archive import DocumentMeta  # noqa: E402
from sellerops.base.errors import GiveUpError  # noqa: E402
from sellerops.calendar.slices import Slice  # noqa: E402
from sellerops.destinations import RequestMeta, load_document, open_destination  # noqa: E402
from sellerops.ledger import Ledger, RequestKey, RequestStatus, RunRef, SliceState  # noqa: E402
from sellerops.settings.specs import ReportSpec, load_spec  # noqa: E402
from sellerops_airflow.pages import task_slices  # noqa: E402
from sellerops_airflow.pages.app import create_app  # noqa: E402
from sellerops_airflow.pages.links import LINKS, DocumentLink, LedgerEntryLink, SellerCentralLink  # noqa: E402
from sellerops_airflow.runtime import Runtime, use_runtime  # noqa: E402

SALES, SHIPMENTS = load_spec("sales_and_traffic"), load_spec("fulfilled_shipments")
RUN = "manual__2026-11-21T12:00:00+00:00"
TASK = "northwind_na.slice.fetch_report"
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
EVIL = "<script>alert('x')</script>"


class Desk:
    """A ledger, an archive, XComs, and a browser."""

    def __init__(self, runtime: Runtime, client: TestClient, xcom: dict[tuple[str, int], Any]) -> None:
        self.runtime, self.client, self.xcom = runtime, client, xcom
        self.ledger: Ledger = runtime.ledger

    def archive(self, content: bytes, spec: ReportSpec = SALES, slice_: Slice = SLICE, **headers: str) -> int:
        """Create a request whose document is archived; return its id."""
        key = RequestKey(
            spec.source, spec.report_type,
            slice_.account_id, slice_.marketplace_ids, slice_.start, slice_.end,
            {"n": str(len(content)), "c": str(hash(content))},
        )  # fmt: skip
        run = RunRef(spec.dag_id, RUN, TASK, 0, 1, spec.name)
        request = self.ledger.find_or_open_request(key, fresh_after=None, run=run)
        assert self.ledger.claim_create(request.id)
        self.ledger.record_created(request.id, f"R{request.id}")
        self.ledger.record_status(request.id, RequestStatus.DONE, document_id="D", reported_at=AT)
        meta = DocumentMeta(spec.source, spec.name, slice_.account_id, str(request.id), AT.isoformat())
        stored = self.runtime.archive.put_stream([content], meta)
        told = {"content_type": "application/json"} | headers
        self.ledger.record_archived(
            request.id, uri=stored.uri, nbytes=stored.nbytes, sha256=stored.sha256, headers=told
        )
        return request.id

    def planned(self, slice_: Slice = SLICE, *request_ids: int) -> None:
        self.xcom["northwind_na.plan_slices", -1] = [slice_.to_dict()]
        if request_ids:
            self.xcom[TASK, 0] = list(request_ids)

    def get(self, page: str, dag_id: str = DAG_ID, **options: Any) -> Any:
        path = f"/sellerops/dags/{dag_id}/runs/{RUN}/tasks/{TASK}/0/{page}".replace("+", "%2B")
        return self.client.get(path, follow_redirects=False, **options)

    def document(self, request_id: Any, dag_id: str = DAG_ID, **options: Any) -> Any:
        return self.client.get(f"/sellerops/dags/{dag_id}/documents/{request_id}", **options)


@pytest.fixture(scope="module")
def metadata() -> None:
    """Airflow's metadata, which its access checks read."""
    from airflow.utils.db import upgradedb

    upgradedb()


@pytest.fixture
def app(metadata: None, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The pages, mounted as Airflow does."""
    from airflow.api_fastapi.app import create_auth_manager

    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a secret of this test, long enough for a signature")
    create_auth_manager().init()
    outer = FastAPI()
    outer.mount("/sellerops", create_app())
    return outer


def signed_in(app: FastAPI, role: str = "VIEWER", name: str = "ann") -> TestClient:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role=role))
    return TestClient(app, cookies={"_token": token}, raise_server_exceptions=False)


@pytest.fixture
def desk(
    app: FastAPI, conninfo: str, reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    xcom: dict[tuple[str, int], Any] = {}
    monkeypatch.setattr(
        task_slices, "_xcom", lambda dag, run, task, index: xcom.get((task, index)) if run == RUN else None
    )
    runtime = Runtime(lambda: conninfo, lambda: str(tmp_path / "archive"), lambda: reader)
    with use_runtime(runtime):
        yield Desk(runtime, signed_in(app), xcom)
    runtime.close()


# -- who may see it


def test_nobody_sees_anything_without_a_login(app: FastAPI) -> None:
    routes: list[Any] = create_app().routes
    assert len(routes) == 12  # without API docs
    client = TestClient(app)
    for route in routes:
        path = re.sub(r"\{[^}]*(index|id)\}", "1", route.path)
        for method in route.methods:
            answer = client.request(method, f"/sellerops{path}")
            assert answer.status_code == 401, route.path
    assert client.get("/sellerops/").status_code == 404
    assert (
        TestClient(app, cookies={"_token": "forged"}).get("/sellerops/dags/x/documents/1").status_code == 403
    )


def test_it_takes_the_right_to_read_the_dags_task_logs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity

    asked: list[tuple[Any, ...]] = []

    def refuse(*, method: str, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        asked.append((method, access_entity, details.id, user.get_name()))
        return False

    monkeypatch.setattr(get_auth_manager(), "is_authorized_dag", refuse)
    desk.planned(SLICE, one := desk.archive(b"{}"))
    answers = [desk.get("slice"), desk.get("document"), desk.get("seller-central"), desk.document(one)]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert asked == [("GET", DagAccessEntity.TASK_LOGS, DAG_ID, "ann")] * 4


def test_a_dag_shows_no_document_of_another_report_type(desk: Desk) -> None:
    """Access to one DAG does not give access to all."""
    one = desk.archive(b"{}")
    assert desk.document(one).status_code == 200
    assert desk.document(one, dag_id="report__amazon_sp__all_orders").status_code == 404
    assert desk.document(one, dag_id="sellerops__maintenance").status_code == 404
    assert desk.document(one, dag_id="report__amazon_sp__nothing").status_code == 404


def test_personal_documents_open_for_those_who_are_named(
    desk: Desk, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SHIPMENTS.archive_retention is not None
    one = desk.archive(b"buyer-email\r\nann@example.com\r\n", SHIPMENTS)
    refused = desk.document(one, dag_id=SHIPMENTS.dag_id)
    assert refused.status_code == 403 and "ann@example.com" not in refused.text
    assert "sellerops_personal_documents" in refused.text
    monkeypatch.setenv("AIRFLOW_VAR_SELLEROPS_PERSONAL_DOCUMENTS", "bob, ann")
    assert desk.document(one, dag_id=SHIPMENTS.dag_id).text.endswith("ann@example.com\r\n")
    other = signed_in(app, "ADMIN", "an").get(f"/sellerops/dags/{SHIPMENTS.dag_id}/documents/{one}")
    assert other.status_code == 403  # neither a role nor a part of a name is a permission


def test_documents_with_undeclared_personal_columns_count_as_personal(desk: Desk, conninfo: str) -> None:
    one = desk.archive(b"{}")
    uri = desk.ledger.get_request(one).archive_uri
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO sellerops.personal_document (uri, report, columns) VALUES (%s, 'x', '{a}')", (uri,)
        )
    assert desk.document(one).status_code == 403


# -- documents


def test_a_document_is_shown_as_sent_and_as_nothing_that_runs(desk: Desk) -> None:
    content = f'{{"title": "{EVIL}"}}'.encode()
    desk.planned(SLICE, desk.archive(content))
    answer = desk.get("document")
    assert answer.status_code == 200 and answer.content == content
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(
        r'inline; filename="sales_and_traffic_northwind_na_R\d+\.json"', answer.headers["content-disposition"]
    )


@pytest.mark.parametrize(
    ("told", "charset"),
    [
        ("text/html; charset=windows-31j", "windows-31j"),
        ('text/html; charset="x\r\nSet-Cookie: a"', "x"),
        ("text/html; charset=\r\nSet-Cookie: a", "utf-8"),
        ("", "utf-8"),
    ],
)
def test_its_type_is_ours_and_its_charset_one_word(desk: Desk, told: str, charset: str) -> None:
    answer = desk.document(desk.archive(b"{}", content_type=told))
    assert answer.headers["content-type"] == f"text/plain; charset={charset}"
    assert "set-cookie" not in answer.headers


def test_large_documents_are_saved_and_streamed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellerops_airflow.pages.documents.MAX_INLINE_BYTES", 1000)
    content = os.urandom(700_000)
    answer = desk.document(desk.archive(content))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-length"] == "700000" and answer.content == content
    small = desk.document(desk.archive(b"{}"), params={"download": "1"})
    assert small.headers["content-disposition"].startswith("attachment")


def test_a_hostile_name_stays_one_plain_word(desk: Desk, conninfo: str) -> None:
    one = desk.archive(b"{}")
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "UPDATE sellerops.report_request SET report_id = %s WHERE id = %s", ('../"\r\nX: <y>', one)
        )
    disposition = desk.document(one).headers["content-disposition"]
    assert re.fullmatch(r'inline; filename="[A-Za-z0-9_-]+\.json"', disposition)


def test_a_damaged_document_never_arrives_whole(desk: Desk) -> None:
    one = desk.archive(b"a" * 100)
    desk.archive(b"b" * 100)
    uri = desk.ledger.get_request(one).archive_uri
    assert uri is not None
    path = Path(uri.removeprefix("file://"))
    other = next(each for each in path.parents[1].glob("*/*.gz") if each != path)
    path.write_bytes(other.read_bytes())
    answer = desk.document(one)
    assert answer.content != b"b" * 100
    path.unlink()
    assert desk.document(one).status_code == 404


@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "/etc/passwd", "{root}/../../etc/passwd", "s3://elsewhere/x.gz"]
)
def test_only_files_of_the_archive_are_opened(desk: Desk, conninfo: str, uri: str) -> None:
    one = desk.archive(b"{}")
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "UPDATE sellerops.report_request SET archive_uri = %s WHERE id = %s",
            (uri.format(root=desk.runtime.archive.root), one),
        )
    answer = desk.document(one)
    assert answer.status_code == 404 and "root:" not in answer.text


@pytest.mark.parametrize(
    "wanted", ["../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "1;2", "0", "-1", "9" * 30, "1%00"]
)
def test_documents_have_numbers_only(desk: Desk, wanted: str) -> None:
    assert desk.document(wanted).status_code in (404, 422)


def test_several_documents_are_a_choice_and_none_is_said_so(desk: Desk) -> None:
    first, second = desk.archive(b"{}"), desk.archive(b"{ }")
    desk.planned(SLICE, first, second)
    page = desk.get("document")
    assert [f'/documents/{one}"' in page.text for one in (first, second)] == [True, True]
    desk.xcom[TASK, 0] = []
    desk.planned(replace(SLICE, first_day="2026-11-01", last_day="2026-11-01"))
    nothing = desk.get("document")
    assert nothing.status_code == 404 and "No document" in nothing.text


# -- FBA shipments


def shipment(desk: Desk, run_id: str = RUN, name: str = "Spring") -> int:
    """An inbound run of a DAG run with a box label in the archive; returns the label's id."""
    meta = DocumentMeta("amazon_sp", "inbound_labels", "northwind_na", f"{run_id}-box", AT.isoformat())
    stored = desk.runtime.archive.put_stream([b"%PDF-1.4 labels"], meta)
    with desk.ledger.connection() as connection:
        row = connection.execute(
            """
            WITH run AS (
                INSERT INTO sellerops.inbound_run (account_id, marketplace_id, name, request, dag_id, run_id)
                VALUES ('northwind_na', 'ATVPDKIKX0DER', %(name)s, '{}', 'fba_inbound', %(run)s) RETURNING id
            ), shipment AS (
                INSERT INTO sellerops.inbound_shipment
                    (inbound_run_id, shipment_id, placement_option_id, is_chosen, status, confirmation_id)
                SELECT id, 'sh1', 'pl1', true, 'WORKING', %(shipment)s FROM run
            ), decision AS (
                INSERT INTO sellerops.inbound_decision
                    (inbound_run_id, asked_about, offer, fingerprint, choice, decided_by, note)
                SELECT id, 'approve', '{}', 'x', 'approved', 'ada', %(note)s FROM run
            )
            INSERT INTO sellerops.inbound_document
                (inbound_run_id, kind, shipment_id, archive_uri, media_type, bytes, sha256)
            SELECT id, 'box_labels', 'sh1', %(uri)s, 'application/pdf', %(bytes)s, %(sha)s FROM run
            RETURNING id
            """,
            {
                "name": f"{name} {EVIL}", "run": run_id, "note": EVIL, "uri": stored.uri,
                "bytes": stored.nbytes, "sha": stored.sha256, "shipment": f"FBA15{name.upper()}",
            },
        ).fetchone()  # fmt: skip
    assert row is not None
    return int(row["id"])


def test_a_shipments_page_shows_its_labels_and_decisions_escaped(desk: Desk) -> None:
    one = shipment(desk)
    answer = desk.get("shipment", dag_id="fba_inbound")
    assert answer.status_code == 200 and "<script" not in answer.text
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
    assert (
        "Box labels" in text
        and "FBA15SPRING" in text
        and "ada" in text
        and f"Spring {EVIL}" in html.unescape(answer.text)
    )
    (path,) = re.findall(rf'href="(/sellerops[^"]*/labels/{one})"', answer.text)
    assert desk.client.get(path).content == b"%PDF-1.4 labels"
    assert desk.get("shipment", dag_id="fba_inbound_cancel").status_code == 404


def test_a_label_opens_as_a_pdf_that_nothing_runs_in(desk: Desk) -> None:
    one = shipment(desk)
    path = f"/sellerops/dags/fba_inbound/runs/{RUN}/labels/".replace("+", "%2B")
    answer = desk.client.get(f"{path}{one}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="FBA15SPRING_box_labels.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "script-src" not in policy
    saved = desk.client.get(f"{path}{one}", params={"download": "1"})
    assert saved.headers["content-disposition"].startswith("attachment")


def test_a_label_belongs_to_its_run_and_lies_in_the_archive(desk: Desk, conninfo: str) -> None:
    one, other = shipment(desk), shipment(desk, "another", "Autumn")
    path = f"/sellerops/dags/fba_inbound/runs/{RUN}/labels/".replace("+", "%2B")
    assert desk.client.get(f"{path}{other}").status_code == 404
    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE sellerops.inbound_document SET archive_uri = 'file:///etc/passwd'")
    refused = desk.client.get(f"{path}{one}")
    assert refused.status_code == 404 and "root:" not in refused.text


# -- the slice's entry


def load(desk: Desk, content: bytes, request_id: int, run_id: str = RUN) -> None:
    request = desk.ledger.get_request(request_id)
    run = RunRef(DAG_ID, run_id, "northwind_na.slice.load_postgres", 0, 1, SALES.name)
    destination = open_destination("postgres", desk.runtime.conninfo)
    meta = replace(RequestMeta.of(request), run=run)
    results = load_document(
        destination, SALES, SLICE, meta, lambda: desk.runtime.archive.open(str(request.archive_uri))
    )
    desk.ledger.set_destination_state(
        SLICE, "postgres", SliceState.LOADED, destinations=("postgres",), run=run, request_id=request_id,
        load_id=results[-1].load_id,
    )  # fmt: skip


def sales(*units: Any, **more: Any) -> bytes:
    rows = [
        {"parentAsin": "P", "childAsin": f"C{n}", "salesByAsin": {"unitsOrdered": each}, **more}
        for n, each in enumerate(units)
    ]
    return as_json(salesAndTrafficByAsin=rows, salesAndTrafficByDate=[])


def test_the_entry_shows_state_requests_loads_rejects_and_changes(desk: Desk) -> None:
    first = desk.archive(sales(1, 2, 3))
    load(desk, b"", first, "scheduled__1")
    second = desk.archive(sales(1, 5, 3, f"many {EVIL}", unheardOf=EVIL))
    load(desk, b"", second)
    desk.planned(SLICE, second)
    answer = desk.get("slice")
    assert answer.status_code == 200
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
    assert "US 2026-11-20" in text and "LOADED" in text and "northwind_na" in text
    assert f"R{second}" in text and "amazon_sp.sales_daily" in text
    assert re.search(r"unreadable_value\s+units_ordered\s+1\s+4", text)
    assert re.search(r"units_ordered\s+1 cells changed", text)
    assert "unheard_of" in text or "unheardOf" in text
    assert f"/dags/{DAG_ID}/runs/manual__2026-11-21T12%3A00%3A00%2B00%3A00" in answer.text
    assert f"/sellerops/dags/{DAG_ID}/documents/{second}" in answer.text
    # It contains nothing from the document.
    assert "many" not in text and "alert" not in text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in answer.text


def test_reasons_are_escaped(desk: Desk) -> None:
    run = RunRef(DAG_ID, RUN, TASK, 0, 1, SALES.name)
    error = GiveUpError(f"Amazon says {EVIL}", remedy='<img src=x onerror="alert(1)">')
    slice_ = replace(SLICE, label=f"US {EVIL}")
    desk.ledger.set_slice_state(slice_, SliceState.FAILED, run=run, error=error)
    desk.planned(slice_)
    answer = desk.get("slice")
    assert "<script" not in answer.text and "<img" not in answer.text
    text = html.unescape(answer.text)
    assert f"Amazon says {EVIL}" in text and "FAILED" in text and f"US {EVIL}" in text
    missing = desk.client.get(f"/sellerops/dags/{DAG_ID}/runs/x%3Cb%3E/tasks/{TASK}/0/slice")
    assert missing.status_code == 404 and "<b>" not in missing.text


def test_the_ledger_still_knows_what_airflow_has_deleted(desk: Desk) -> None:
    load(desk, b"", desk.archive(sales(1)))
    assert "LOADED" in desk.get("slice").text
    assert desk.get("document").content == sales(1)


def test_a_slice_that_is_not_planned_yet_and_odd_xcoms_are_no_error(desk: Desk) -> None:
    assert desk.get("slice").status_code == 404
    for odd in ("text", [None], [{"report": "x"}], [{**asdict(SLICE), "marketplaces": ["NOWHERE"]}], 7):
        desk.xcom["northwind_na.plan_slices", -1] = odd
        assert desk.get("slice").status_code == 404, odd


def test_a_ledger_that_is_away_is_said_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(desk.runtime._parts, "reader_conninfo", "host=127.0.0.1 port=1 user=u password=hush")
    answer = desk.get("slice")
    assert answer.status_code == 503 and "sellerops_reader" in answer.text and "hush" not in answer.text


# -- links


def test_the_links_of_a_task_lead_to_its_pages(desk: Desk) -> None:
    from airflow.sdk.types import TaskInstanceKey

    one = desk.archive(b"{}")
    desk.planned(SLICE, one)
    key = TaskInstanceKey(dag_id=DAG_ID, task_id=TASK, run_id=RUN, try_number=1, map_index=0)
    urls = {link: link().get_link(None, ti_key=key) for link in LINKS}  # type: ignore[arg-type]
    answers = {link: desk.client.get(url, follow_redirects=False) for link, url in urls.items()}
    assert answers[DocumentLink].content == b"{}"
    assert "US 2026-11-20" in answers[LedgerEntryLink].text
    assert answers[SellerCentralLink].status_code == 302
    assert (
        answers[SellerCentralLink].headers["location"] == "https://sellercentral.amazon.com/business-reports"
    )


def test_behind_a_path_the_links_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.types import TaskInstanceKey

    key = TaskInstanceKey(dag_id="d", task_id="t", run_id="r", try_number=1, map_index=3)
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://data.example/airflow/")
    assert LedgerEntryLink().get_link(None, ti_key=key) == (  # type: ignore[arg-type]
        "/airflow/sellerops/dags/d/runs/r/tasks/t/3/slice"
    )


def test_airflow_finds_the_links_by_the_plugin_and_tasks_push_none(metadata: None) -> None:
    """The api-server computes them; on the operator they would cost every task three more calls."""
    from airflow import plugins_manager

    from sellerops_airflow.operators.fetch_report import FetchReportOperator
    from sellerops_airflow.operators.load_report import LoadReportOperator

    found = {link.name for link in plugins_manager.get_operator_extra_links()}
    assert {"Archived document", "Seller Central", "Ledger entry"} <= found
    assert not FetchReportOperator.operator_extra_links and not LoadReportOperator.operator_extra_links
    (app,) = [each for each in plugins_manager.get_fastapi_plugins()[0] if each["name"] == "sellerops"]
    assert app["url_prefix"] == "/sellerops"


def test_no_task_process_imports_the_web_app(tmp_path: Path) -> None:
    """Loading the plugin, as every process does, does not import the pages."""
    code = (
        "import json, sys; sys.argv = ['airflow', 'scheduler']\n"
        "from airflow.sdk.plugins_manager import _get_plugins as plugins\n"
        "assert 'sellerops' in [each.name for each in plugins()[0]]\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('sellerops_airflow.')]))"
    )
    roots = os.pathsep.join(str(PROJECT_ROOT / name) for name in ("include", "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **airflow_environment(tmp_path), "PYTHONPATH": roots},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.strip().splitlines()[-1])
    assert "sellerops_airflow.dag_factory.reports" in loaded
    assert not [
        name
        for name in loaded
        if name.startswith(("sellerops_airflow.pages", "sellerops_airflow.pages.links"))
    ]
