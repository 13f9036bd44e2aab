"""Airflow and the hub behind TLS, as docs/security.md describes it: a real API server, Caddy and Chromium."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from support.browsers import needs_chromium
from support.postgres import PostgresServer
from support.tls import PROGRAM, Secured, secured_airflow

from sellerops.browsers.executable import find_chromium
from sellerops.browsers.process import NO_BACKGROUND_REQUESTS

pytestmark = [
    pytest.mark.skipif(not PROGRAM, reason="needs Debian's caddy"),
    pytest.mark.timeout(600),
]
PREFIX = "/airflow"


@pytest.fixture(scope="module")
def secured(postgres_server: PostgresServer) -> Iterator[Secured]:
    with secured_airflow(postgres_server, PREFIX) as running:
        yield running


@pytest.fixture
def client(secured: Secured) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=str(secured.authority))
    with httpx.Client(base_url=secured.url, verify=context, trust_env=False) as client:
        yield client


def test_the_api_answers_over_tls_with_the_headers_that_keep_it_there(client: httpx.Client) -> None:
    answer = client.get("/api/v2/version")
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert "caddy" not in answer.headers.get("server", "").lower()


def test_the_workers_api_is_not_reachable_from_outside(client: httpx.Client) -> None:
    """Airflow answers it below its prefix and without it."""
    root = urlsplit(str(client.base_url))._replace(path="").geturl()
    for path in ("/execution/health", "/execution", "//execution/health", "/%65xecution/health"):
        for base in (str(client.base_url).rstrip("/"), root):
            answer = client.get(f"{base}{path}")
            assert (answer.status_code, answer.content) == (404, b""), f"{base}{path}"


def test_redirects_stay_on_the_https_address(client: httpx.Client, secured: Secured) -> None:
    answer = client.get("/api/v2/auth/login")
    assert answer.status_code in (302, 307)
    assert answer.headers["location"].startswith((secured.url, PREFIX)), answer.headers["location"]


def test_a_person_logs_in_and_opens_the_hub(secured: Secured) -> None:
    """The cookie goes over TLS and below the prefix only; all that the pages load comes from there, too."""
    needs_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*NO_BACKGROUND_REQUESTS])
        page = browser.new_context(ignore_https_errors=True).new_page()
        asked: list[tuple[str, int]] = []
        page.on("response", lambda answer: asked.append((answer.url, answer.status)))
        page.goto(f"{secured.url}/")
        page.locator("input").nth(0).fill("admin")
        page.locator("input[type=password]").fill(secured.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{secured.url}/", timeout=120_000)
        (token,) = [each for each in page.context.cookies() if each["name"] == "_token"]
        page.goto(f"{secured.url}/plugin/hub/overview")
        page.locator("#seller-hub nav").wait_for(timeout=120_000)
        browser.close()
    assert (token["secure"], token["path"].rstrip("/")) == (True, PREFIX)
    ours = urlsplit(secured.url)
    # A page's own worker has an address of another kind.
    asked = [(url, status) for url, status in asked if not url.startswith(("blob:", "data:"))]
    assert {(urlsplit(url).scheme, urlsplit(url).netloc) for url, _ in asked} == {("https", ours.netloc)}
    assert not [url for url, _ in asked if not urlsplit(url).path.startswith(PREFIX)]
    assert [url for url, status in asked if "/hub/" in url and status == 200]
