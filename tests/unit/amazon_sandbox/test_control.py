from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from support.sandbox_app import ORDERS, SALES, Api

from amazon_sandbox import __main__ as command
from amazon_sandbox.core.calls import Call as LoggedCall
from amazon_sandbox.core.calls import CallLog


def test_the_clock_is_shown_and_moved(control: Any) -> None:
    """Anchors and speed, as another process needs them."""
    shown = control("POST", "/clock", {"set": "2026-12-01T00:00:00Z", "jump_seconds": 60, "speed": 20})
    assert shown["virtual_anchor"] == "2026-12-01T00:01:00.000000+00:00"
    assert shown["speed"] == 20
    assert control("POST", "/clock", {"freeze": True})["speed"] == 0
    assert control("POST", "/clock", {"freeze": False})["speed"] == 1
    assert control("GET", "/clock")["now"] == "2026-12-01T00:01:00.000000+00:00"


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/clock", {"set": "now"}, "2026-11-20T08:00:00Z"),
        ("/clock", {"speed": -1}, "speed"),
        ("/clock", {"sped": 1}, "speed"),
        ("/quotas", {"operation": "getReprot", "rate": 1}, "getReport"),
        ("/quotas", {"operation": "getReport", "burst": 0}, "burst"),
        ("/quotas", {"operation": "getReport", "seller_id": "nobody"}, "seller_id"),
        ("/jobs", {"reads": -1}, "reads"),
        ("/jobs", {"compression": "zip"}, "gzip"),
        ("/bulk", {}, "rows"),
        ("/tokens", {"lifetime_seconds": 0}, "lifetime_seconds"),
    ],
)
def test_wrong_bodies_get_message_and_remedy(http: TestClient, path: str, body: Any, word: str) -> None:
    """Clear JSON, never a stack trace."""
    answer = http.post(f"/_sandbox{path}", json=body)
    assert answer.status_code in (400, 404)
    assert set(answer.json()["error"]) == {"message", "remedy"}
    assert word in answer.text


def test_bodies_that_are_not_json(http: TestClient) -> None:
    """Also clear."""
    assert "JSON" in http.post("/_sandbox/clock", content=b"{").json()["error"]["message"]
    assert http.get("/_sandbox/nothing").status_code == 404
    assert "remedy" in http.put("/_sandbox/clock").json()["error"]


def test_unknown_paths_and_methods_are_refused_as_by_the_gateway(http: TestClient) -> None:
    """403 with errors[], never a redirect."""
    for method, path in (
        ("GET", "/orders/v0/orders"),
        ("PUT", "/reports/2021-06-30/reports"),
        ("GET", "/reports/"),
    ):
        answer = http.request(method, path, follow_redirects=False)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "Unauthorized")


def test_accounts_have_all_that_a_client_needs(control: Any) -> None:
    """The same for the same seed."""
    accounts = control("GET", "/accounts")
    assert [account["account"] for account in accounts] == ["northwind_na", "northwind_eu"]
    assert set(accounts[0]) == {
        "account", "seller_id", "region", "marketplace_ids", "client_id", "client_secret", "refresh_token",
        "ads",
    }  # fmt: skip


def test_calls_are_logged_counted_and_filtered(na: Api, eu: Api, control: Any) -> None:
    """Operation, status, seller, type and report id; counts go on beyond the log."""
    report_id = na.create(SALES)
    na.call("POST", "/reports", json={})
    eu.create(ORDERS)
    found = control("GET", f"/calls?operation=createReport&seller_id={na.seller.seller_id}")
    assert [(call["status"], call.get("report_id")) for call in found["calls"]] == [
        (202, report_id),
        (400, None),
    ]
    assert found["calls"][0]["report_type"] == SALES
    assert found["calls"][0]["at"] == "2026-11-21T09:00:00.000000+00:00"
    assert found["counts"]["createReport"] == {"202": 2, "400": 1}
    assert len(control("GET", "/calls?status=400")["calls"]) == 1
    control("DELETE", "/calls")
    assert control("GET", "/calls") == {"calls": [], "counts": {}, "notes": {}}


def test_the_log_is_bounded_and_its_counts_are_not() -> None:
    """Benchmarks make more calls than fit."""
    log = CallLog(kept=10)
    for _ in range(25):
        log.add(LoggedCall(0.0, "getReport", "A", 200))
    shown = log.as_dict(None, None, None, 1000)
    assert shown["counts"] == {"getReport": {"200": 25}}
    assert len(shown["calls"]) == 10  # type: ignore[arg-type]


def test_quotas_change_for_one_seller(na: Api, eu: Api, control: Any) -> None:
    """Rate and burst; the header has the new rate."""
    control(
        "POST",
        "/quotas",
        {"operation": "createReport", "seller_id": na.seller.seller_id, "rate": 0.0083, "burst": 1},
    )
    answer = na.call("POST", "/reports", json=na.body(SALES))
    assert answer.headers["x-amzn-ratelimit-limit"] == "0.0083"
    assert na.call("POST", "/reports", json=na.body(SALES)).status_code == 429
    assert eu.call("POST", "/reports", json=eu.body(SALES)).headers["x-amzn-ratelimit-limit"] == "0.0167"
    shown = control("GET", "/quotas")
    assert shown["plans"]["getReport"] == {"rate": 2.0, "burst": 15}
    assert len(shown["buckets"]) == 2


def test_access_tokens_can_be_valid_for_longer(na: Api, control: Any, sandbox: Any) -> None:
    """For clients with a clock of their own at high speed."""
    control("POST", "/tokens", {"lifetime_seconds": 10_000_000})
    na.login()
    sandbox.clock.change(jump=1_000_000)
    assert na.call("GET", "/reports", params={"reportTypes": SALES}).status_code == 200


def test_expected_figures_match_sales_and_traffic(na: Api, control: Any) -> None:
    """Units of a closed day, as known now."""
    import json

    marketplace_id = na.seller.marketplace_ids[0]
    expected_figures = control(
        "GET", f"/expected-figures?account=northwind_na&marketplace_id={marketplace_id}&date=2026-11-14"
    )
    report = na.finished(SALES, dataStartTime="2026-11-14", dataEndTime="2026-11-14")
    day = json.loads(na.download(report))["salesAndTrafficByDate"][0]["salesByDate"]
    assert expected_figures["units_ordered"] == day["unitsOrdered"] > 0
    assert expected_figures["ordered_product_sales"] == day["orderedProductSales"]["amount"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "account=nobody&marketplace_id=x&date=2026-11-14",
        "account=northwind_na&marketplace_id=x&date=2026-11-14",
    ],
)
def test_expected_figures_require_valid_parameters(http: TestClient, query: str) -> None:
    """The error names the wrong parameter; also under the former path."""
    assert http.get(f"/_sandbox/truth?{query}").status_code in (400, 404)


def test_reset_forgets_everything_but_the_clock(na: Api, control: Any) -> None:
    """Reports, calls, faults, quotas, messages; access tokens stay valid."""
    report_id = na.create(SALES)
    control("POST", "/faults", {"fault": "http_503"})
    control("POST", "/jobs", {"reads": 2})
    control("POST", "/clock", {"jump_seconds": 50})
    control("POST", "/reset")
    assert na.call("GET", f"/reports/{report_id}").status_code == 404
    assert control("GET", "/faults")["faults"] == []
    assert control("GET", "/jobs")["reads"] is None
    assert control("GET", "/reports") == {"reports": []}
    assert control("GET", "/clock")["now"] == "2026-11-21T09:00:50.000000+00:00"


def test_reset_deletes_the_documents(na: Api, control: Any, sandbox: Any) -> None:
    """A long session does not fill the disk."""
    na.finished(SALES)
    assert list(sandbox.directory.iterdir())
    control("POST", "/reset")
    assert not list(sandbox.directory.iterdir())


def test_the_index_names_every_call(http: TestClient) -> None:
    """With what it does."""
    calls = http.get("/_sandbox").json()["calls"]
    assert "GET/POST /_sandbox/clock" in calls
    assert all(calls.values())


def test_the_command_line_refuses_what_it_cannot_use(capsys: pytest.CaptureFixture[str]) -> None:
    """An invalid start time exits with a remedy."""
    assert command.main(["--start", "soon"]) == 2
    assert "2026-11-20T08:00:00Z" in capsys.readouterr().err
