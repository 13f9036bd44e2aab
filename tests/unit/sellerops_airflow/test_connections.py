"""Credentials come from connections with their own form, completely or not at all, and are never shown."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from airflow.providers_manager import ProvidersManager

from sellerops.base.errors import ConfigurationError, CredentialsError
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import ReportSpec
from sellerops.sources.common.lwa import LWA_TOKEN_URL
from sellerops_airflow import runtime as runtime_module
from sellerops_airflow.hooks.amazon_ads import AmazonAdsHook
from sellerops_airflow.hooks.amazon_sp import AmazonSpHook
from sellerops_airflow.hooks.archive import ARCHIVE_VARIABLE
from sellerops_airflow.hooks.registry import hook_of
from sellerops_airflow.hooks.seller_portal import SellerPortalHook
from sellerops_airflow.hooks.warehouse import warehouse_conninfo
from sellerops_airflow.runtime import Runtime, get_runtime, use_runtime

CONNECTION = "AIRFLOW_CONN_AMAZON_SP_NORTHWIND_NA"
SECRET, REFRESH = "amzn1.oa2-cs.v1.very-secret", "Atzr|also-very-secret"


def account() -> Any:
    return load_accounts()["northwind_na"]


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "conn_type": "amazon_sp",
        "login": "amzn1.application-oa2-client.abc",
        "password": SECRET,
        "extra": {"refresh_token": REFRESH},
    }
    monkeypatch.setenv(CONNECTION, json.dumps(fields))
    return fields


# -- the type and its form


def test_airflow_knows_the_type_and_its_form() -> None:
    manager = ProvidersManager()
    hook = manager.hooks["amazon_sp"]
    assert hook is not None
    assert hook.hook_name == "Amazon Selling Partner"
    assert hook.hook_class_name.endswith("AmazonSpHook")
    behaviour = manager.field_behaviours["amazon_sp"]
    assert behaviour["relabeling"]["password"] == "LWA client secret"
    assert set(behaviour["hidden_fields"]) == {"port", "schema", "extra"}
    refresh_token = manager.connection_form_widgets["extra__amazon_sp__refresh_token"]
    assert refresh_token.is_sensitive


def test_amazon_ads_is_a_type_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its own client and refresh token; its endpoint also depends on the region."""
    manager = ProvidersManager()
    hook = manager.hooks["amazon_ads"]
    assert hook is not None
    assert hook.hook_class_name.endswith("AmazonAdsHook")
    assert manager.connection_form_widgets["extra__amazon_ads__refresh_token"].is_sensitive
    fields = {
        "conn_type": "amazon_ads",
        "login": "c",
        "password": SECRET,
        "extra": {"refresh_token": REFRESH},
    }
    monkeypatch.setenv("AIRFLOW_CONN_AMAZON_ADS_NORTHWIND_EU", json.dumps(fields))
    credentials = hook_of("amazon_ads", load_accounts()["northwind_eu"]).get_conn()
    assert credentials.endpoint == "https://advertising-api-eu.amazon.com"
    assert credentials.connection == "amazon_ads_northwind_eu"
    assert AmazonAdsHook("amazon_ads_northwind_eu").get_conn() == credentials


def test_the_refresh_token_is_hidden_by_its_name_too() -> None:
    """The API masks keys of a connection's extra by their names."""
    from airflow.sdk._shared.secrets_masker import should_hide_value_for_key

    assert should_hide_value_for_key("refresh_token")


# -- what comes out


@pytest.mark.usefixtures("connection")
def test_a_connection_becomes_credentials_at_the_regions_address() -> None:
    credentials = AmazonSpHook(account().connection, account=account()).get_conn()
    assert (credentials.client_secret, credentials.refresh_token) == (SECRET, REFRESH)
    assert credentials.endpoint == "https://sellingpartnerapi-na.amazon.com"
    assert credentials.token_url == LWA_TOKEN_URL
    assert credentials.connection == "amazon_sp_northwind_na"
    assert AmazonSpHook("amazon_sp_northwind_na").get_conn() == credentials


def test_host_and_token_address_lead_to_a_local_amazon(
    connection: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection |= {
        "host": "http://127.0.0.1:1",
        "extra": {"refresh_token": REFRESH, "token_url": "http://127.0.0.1:1/t"},
    }
    monkeypatch.setenv(CONNECTION, json.dumps(connection))
    credentials = AmazonSpHook("amazon_sp_northwind_na").get_conn()
    assert (credentials.endpoint, credentials.token_url) == ("http://127.0.0.1:1", "http://127.0.0.1:1/t")


@pytest.mark.parametrize(("missing", "named"), [("password", "client secret"), ("extra", "refresh_token")])
def test_an_incomplete_connection_says_what_is_missing(
    connection: dict[str, Any], monkeypatch: pytest.MonkeyPatch, missing: str, named: str
) -> None:
    del connection[missing]
    monkeypatch.setenv(CONNECTION, json.dumps(connection))
    with pytest.raises(CredentialsError, match=named) as caught:
        AmazonSpHook("amazon_sp_northwind_na").get_conn()
    assert "amazon_sp_northwind_na" in caught.value.where


def test_a_connection_that_is_not_there_says_where_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AmazonSpHook, "get_connection", _not_found)
    with pytest.raises(CredentialsError, match="does not exist") as caught:
        AmazonSpHook("amazon_sp_northwind_na").get_conn()
    assert "Admin > Connections" in caught.value.remedy


def _not_found(*_: Any) -> Any:
    from airflow.sdk.exceptions import AirflowNotFoundException

    raise AirflowNotFoundException("no such connection")


@pytest.mark.usefixtures("connection")
def test_secrets_are_masked_from_the_moment_they_are_read() -> None:
    from airflow.sdk._shared.secrets_masker import redact

    credentials = AmazonSpHook("amazon_sp_northwind_na").get_conn()
    line = f"calling with {SECRET} and {REFRESH}"
    shown = str(redact(line)) + repr(credentials) + str(credentials)
    assert "secret" not in shown


def test_the_button_shows_success_and_failure(
    connection: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellerops.sources.common.lwa import TokenSource

    async def token(_self: Any) -> str:
        return "Atza|token"

    monkeypatch.setattr(TokenSource, "fresh", token)
    assert AmazonSpHook("amazon_sp_northwind_na").test_connection()[0] is True

    async def refused(_self: Any) -> str:
        raise CredentialsError("Login with Amazon answered invalid_grant.")

    monkeypatch.setattr(TokenSource, "fresh", refused)
    fine, message = AmazonSpHook("amazon_sp_northwind_na").test_connection()
    assert not fine
    assert "invalid_grant" in message


# -- the warehouse


def test_the_warehouse_keeps_odd_passwords_and_libpq_options(monkeypatch: pytest.MonkeyPatch) -> None:
    from psycopg.conninfo import conninfo_to_dict

    fields = {
        "conn_type": "postgres",
        "host": "db",
        "port": 5433,
        "schema": "warehouse",
        "login": "me",
        "password": "p@ss word'\\/",
        "extra": {"sslmode": "require", "cursor": "dictcursor"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SELLEROPS_WAREHOUSE", json.dumps(fields))
    assert conninfo_to_dict(warehouse_conninfo()) == {
        "host": "db",
        "port": "5433",
        "dbname": "warehouse",
        "user": "me",
        "password": "p@ss word'\\/",
        "sslmode": "require",
    }


def test_no_warehouse_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import BaseHook

    monkeypatch.setattr(BaseHook, "get_connection", _not_found)
    with pytest.raises(ConfigurationError, match="sellerops_warehouse"):
        warehouse_conninfo()


# -- the runtime


def test_parts_are_made_once_and_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "sellerops.ledger.deployment.bind_archive", lambda *_: asked.append("bound to the ledger")
    )

    def conninfo() -> str:
        asked.append("conninfo")
        return "host=nowhere"

    runtime = Runtime(
        conninfo,
        lambda: asked.append("archive") or "/tmp/archive",  # type: ignore[func-returns-value]
        lambda: asked.append("reader") or "host=elsewhere",  # type: ignore[func-returns-value]
    )
    assert asked == []
    assert runtime.ledger is runtime.ledger
    assert asked == ["conninfo"]
    assert runtime.archive is runtime.archive
    assert asked == ["conninfo", "archive", "bound to the ledger"]
    assert runtime.reader_conninfo == "host=elsewhere"
    assert asked[3:] == ["reader"]
    runtime.close()


def test_a_spec_is_read_again_after_a_while_and_credentials_after_a_refusal(
    connection: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellerops.rate_limits import Priority

    moment = 0.0
    monkeypatch.setattr("sellerops.ledger.deployment.bind_archive", lambda *_: None)
    monkeypatch.setattr("sellerops.base.timed_cache.time.monotonic", lambda: moment)
    read: list[str] = []
    load_spec = runtime_module.load_spec

    def counted(dag_id: str) -> ReportSpec:
        read.append(dag_id)
        return load_spec(dag_id)

    monkeypatch.setattr(runtime_module, "load_spec", counted)
    runtime = Runtime(lambda: "host=nowhere", lambda: "/tmp/archive", lambda: "host=nowhere")
    dag_id = "report__amazon_sp__settlements"
    spec = runtime.spec(dag_id)
    assert runtime.spec(dag_id) is spec and read == [dag_id]
    moment = 61.0
    assert runtime.spec(dag_id) == spec and read == [dag_id, dag_id]

    def secret() -> str:
        collector: Any = runtime.collector(spec, account(), Priority.SCHEDULE)
        value: str = collector._tools.client._credentials.client_secret
        return value

    assert secret() == SECRET
    connection["password"] = "renewed"
    monkeypatch.setenv(CONNECTION, json.dumps(connection))
    assert secret() == SECRET
    runtime.forget_credentials(account())
    assert secret() == "renewed"
    # While Amazon still accepts both, nothing is refused: a running process has the new one within a minute.
    connection["password"] = "renewed again"
    monkeypatch.setenv(CONNECTION, json.dumps(connection))
    assert secret() == "renewed"
    moment = 61.0 + 60.0
    assert secret() == "renewed again"


def test_an_account_that_is_gone_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="northwind_xx"):
        Runtime(lambda: "", lambda: "", lambda: "").account("northwind_xx")


def test_no_archive_variable_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Variable

    monkeypatch.setattr(Variable, "get", lambda key, default: default)
    with pytest.raises(ConfigurationError, match=ARCHIVE_VARIABLE):
        _ = get_runtime().archive


def test_a_child_process_never_uses_its_parents_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = get_runtime()
    assert get_runtime() is parents
    monkeypatch.setattr("sellerops_airflow.runtime.os.getpid", lambda: -1)
    assert get_runtime() is not parents


def test_a_replacement_ends_with_its_block() -> None:
    usual, other = get_runtime(), Runtime(lambda: "", lambda: "", lambda: "")
    with use_runtime(other):
        assert get_runtime() is other
    assert get_runtime() is usual


# -- logins for web pages


def test_a_login_for_web_pages_is_a_type_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one secret beside the password, which forms hide, too."""
    manager = ProvidersManager()
    hook = manager.hooks["seller_portal"]
    assert hook is not None and hook.hook_class_name.endswith("SellerPortalHook")
    widget = manager.connection_form_widgets["extra__seller_portal__totp_secret"]
    assert widget.is_sensitive
    fields = {
        "conn_type": "seller_portal",
        "login": " user@example.com ",
        "password": "very-secret",
        "extra": {"totp_secret": "GEZDGNBVGY3TQOJQ"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SELLER_PORTAL_NORTHWIND", json.dumps(fields))
    credentials = SellerPortalHook("seller_portal_northwind").get_conn()
    assert (credentials.user, credentials.base) == ("user@example.com", "")
    assert credentials.secrets == ("very-secret", "GEZDGNBVGY3TQOJQ", "user@example.com")
    assert "very-secret" not in repr(credentials) and "GEZDGNBVGY3TQOJQ" not in repr(credentials)


@pytest.mark.parametrize(
    ("change", "is_fine", "words"),
    [
        ({}, True, "the secret is valid"),
        ({"extra": {}}, True, "a person has to sign in"),
        ({"password": ""}, False, "The password is missing"),
        ({"extra": {"totp_secret": "12345678"}}, False, "not base32"),
    ],
)
def test_the_test_of_a_login_opens_no_browser(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], is_fine: bool, words: str
) -> None:
    """It runs in the API server, and a wrong password counts at the site."""
    fields = {"conn_type": "seller_portal", "login": "user@example.com", "password": "very-secret"}
    fields |= {"extra": {"totp_secret": "GEZDGNBVGY3TQOJQ"}}
    monkeypatch.setenv("AIRFLOW_CONN_SELLER_PORTAL_NORTHWIND", json.dumps(fields | change))
    monkeypatch.setitem(sys.modules, "playwright", None)
    found, message = SellerPortalHook("seller_portal_northwind").test_connection()
    assert found is is_fine and words in message
    assert "very-secret" not in message and "GEZDGNBVGY3TQOJQ" not in message


def test_a_login_without_its_connection_says_where_to_add_it() -> None:
    with pytest.raises(CredentialsError, match="does not exist") as caught:
        SellerPortalHook("seller_portal_nobody").get_conn()
    assert "Admin > Connections as Seller portal" in caught.value.remedy


@pytest.mark.parametrize(
    ("fields", "base"),
    [
        ({"host": "http://127.0.0.1:8900/ads-console/"}, "http://127.0.0.1:8900/ads-console"),
        ({"host": "sellercentral.example.com"}, "https://sellercentral.example.com"),
        ({"host": "localhost", "schema": "http", "port": 8900}, "http://localhost:8900"),
    ],
)
def test_the_host_of_a_login_overrides_its_site(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], base: str
) -> None:
    usual = {"conn_type": "seller_portal", "login": "user@example.com", "password": "very-secret"}
    monkeypatch.setenv("AIRFLOW_CONN_SELLER_PORTAL_NORTHWIND", json.dumps(usual | fields))
    assert SellerPortalHook("seller_portal_northwind").get_conn().base == base
