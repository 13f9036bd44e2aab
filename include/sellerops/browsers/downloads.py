"""Files that a browser downloads, each job's in a folder of its own."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from sellerops.base.errors import AmazonUnavailable, BrowserUnavailable, DocumentDamaged
from sellerops.browsers.crashes import is_crash

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOWNLOAD_STARTS_S = 60.0
# Bytes of a file in one message from the browser.
_SLICE = 4 << 20
_LONGEST_NAME = 120

_FETCH = """async ([url, method, form]) => {
  const body = form === null ? undefined : new URLSearchParams(form);
  const response = await fetch(url, {method, body, credentials: 'include'});
  const blob = await response.blob();
  return {blob, size: blob.size, url: response.url, status: response.status,
          type: response.headers.get('content-type') || '',
          disposition: response.headers.get('content-disposition') || ''};
}"""
_READ = """({blob}, [from, to]) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob.slice(from, to));
})"""
_FACTS = "({size, url, status, type, disposition}) => ({size, url, status, type, disposition})"


@dataclass(frozen=True)
class BrowserFile:
    """A file below the session's ``downloads``, deleted with it.

    ``name``: as the site suggests it, without folders. ``media_type``: of the response; empty for a
    download that the browser saved itself. ``status``: HTTP status of a requested file, 200 for a download.
    """

    path: Path
    name: str
    media_type: str = ""
    status: int = 200


def download_from(page: Page, action: Callable[[], None], folder: Path) -> BrowserFile:
    """The file that an action in a page downloads, saved in ``folder``.

    Raises AmazonUnavailable if no download starts within a minute, DocumentDamaged if it does not complete,
    BrowserUnavailable if the browser crashes meanwhile.
    """
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    try:
        with page.expect_download(timeout=DOWNLOAD_STARTS_S * 1000) as started:
            action()
        download = started.value
    except PlaywrightTimeout as error:
        if "download" not in str(error):  # the action's own time-out
            raise
        raise AmazonUnavailable(
            f"the page did not start the download within {DOWNLOAD_STARTS_S:g} s.", where=place_of(page)
        ) from error
    name = safe_name(download.suggested_filename)
    if problem := download.failure():
        if is_crash(problem):
            raise BrowserUnavailable(
                "the browser crashed during a download.", where=place_of(page), crashed=True
            )
        raise DocumentDamaged(f"the download of {name} did not complete ({problem}).", where=place_of(page))
    path = _free(folder, name)
    download.save_as(path)
    return BrowserFile(path, name)


def request_in_page(
    page: Page, url: str, method: str, form: Mapping[str, str] | None, folder: Path
) -> BrowserFile:
    """The response to a request to the page's own site, sent by the browser itself."""
    fields = None if form is None else [list(each) for each in form.items()]
    found = page.evaluate_handle(_FETCH, [url, method, fields])
    facts = found.evaluate(_FACTS)
    name = name_from(facts["disposition"], facts["url"])
    path = _free(folder, name)
    with path.open("wb") as out:
        for start in range(0, facts["size"], _SLICE):
            out.write(base64.b64decode(found.evaluate(_READ, [start, start + _SLICE])))
    found.dispose()
    return BrowserFile(path, name, _media_type(facts["type"]), facts["status"])


def request_outside(
    page: Page, url: str, method: str, form: Mapping[str, str] | None, folder: Path, user_agent: str
) -> BrowserFile:
    """The response to a request to another site, sent by us with the browser's cookies for that site."""
    response = page.context.request.fetch(
        url, method=method, form=dict(form) if form else None, headers={"User-Agent": user_agent}
    )
    name = name_from(response.headers.get("content-disposition", ""), response.url)
    path = _free(folder, name)
    path.write_bytes(response.body())
    return BrowserFile(path, name, _media_type(response.headers.get("content-type", "")), response.status)


def is_same_site(page: Page, url: str) -> bool:
    """Whether an address, which may be relative, has the page's own origin."""
    here, there = urlsplit(page.url), urlsplit(urljoin(page.url, url))
    return (here.scheme, here.netloc) == (there.scheme, there.netloc)


def place_of(page: Page) -> str:
    """A page's address for messages, without its query."""
    parts = urlsplit(page.url)
    return f"page {parts.scheme}://{parts.netloc}{parts.path}"


def name_from(disposition: str, url: str) -> str:
    """The file name of a response, from its Content-Disposition (RFC 6266) or else from its address."""
    if found := re.search(r"filename\*=(?:UTF-8'[^']*')([^;]+)", disposition, re.IGNORECASE):
        return safe_name(unquote(found[1].strip()))
    if found := re.search(r'filename="((?:[^"\\\\]|\\\\.)*)"|filename=([^;\s]+)', disposition, re.IGNORECASE):
        return safe_name(found[1] or found[2])
    return safe_name(unquote(urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1]))


def safe_name(name: str) -> str:
    """A file name without folders and control characters, of a bounded length."""
    plain = re.sub(r"[\x00-\x1f\x7f]", "", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    return plain[-_LONGEST_NAME:] or "download"


def _free(folder: Path, name: str) -> Path:
    """A path in ``folder`` for a file of that name, numbered if an earlier file of the job has the name."""
    folder.mkdir(parents=True, exist_ok=True)
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{number}-{name}"
    return path


def _media_type(content_type: str) -> str:
    return content_type.split(";")[0].strip().lower()
