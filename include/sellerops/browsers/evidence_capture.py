"""Captures the evidence of a failed job: a trace while it runs, the page and a screenshot at the end."""

from __future__ import annotations

import contextlib
import html
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sellerops.browsers.evidence import PAGE, SCREENSHOT, TRACE, EvidenceStore
from sellerops.browsers.evidence_redaction import Redactor, interface_words
from sellerops.browsers.trace_rewriting import rewrite_trace

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Frame, JSHandle, Page

_MOST_FRAMES = 10
_MOST_HTML = 5_000_000
_SCREENSHOT_S = 10.0

# Serialises a page without scripts, but with its open shadow roots, which `outerHTML` leaves out.
_SERIALISE = """() => {
  const out = [];
  const VOID = new Set(['area', 'br', 'col', 'embed', 'hr', 'img', 'input', 'source', 'track', 'wbr']);
  const SKIP = new Set(['script', 'style', 'noscript', 'link', 'meta', 'base']);
  const escaped = text => text.replace(/[&<>"]/g, c => '&#' + c.charCodeAt(0) + ';');
  const write = node => {
    if (node.nodeType === Node.TEXT_NODE) { out.push(escaped(node.data)); return; }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const tag = node.localName;
    if (SKIP.has(tag)) return;
    out.push('<' + tag);
    for (const {name, value} of node.attributes) out.push(' ' + name + '="' + escaped(value) + '"');
    out.push('>');
    if (VOID.has(tag)) return;
    if (node.shadowRoot) {
      out.push('<template shadowrootmode="open">');
      node.shadowRoot.childNodes.forEach(write);
      out.push('</template>');
    }
    if (tag !== 'textarea') node.childNodes.forEach(write);
    out.push('</' + tag + '>');
  };
  write(document.documentElement);
  return out.join('');
}"""
# The same rule as Redactor.words, in the page itself, so that a screenshot shows what the saved page shows.
# Returns a function that restores the words, for the person who continues with the page.
_MASK = r"""words => {
  const undo = [];
  const known = new Set(words);
  const shape = word => known.has(word.toLowerCase()) || /^\d{1,4}$/.test(word) ? word
    : word.replace(/\p{N}/gu, '0').replace(/\p{Lu}/gu, 'X').replace(/[^0X\P{L}]/gu, 'x');
  const withoutMail = text => text.replace(/[^\s@]+@[^\s@]+/g, m => m.replace(/[^\s@.]/g, 'x'));
  const masked = (text, keeps) =>
    keeps ? withoutMail(text) : withoutMail(text).replace(/[\p{L}\p{N}\p{M}]+/gu, shape);
  const KEEPS = 'button, th, kat-button, kat-tab, [role=button], [role=columnheader], [role=tab]';
  const keeps = element => {
    for (let at = element; at; at = at.parentNode || (at instanceof ShadowRoot ? at.host : null))
      if (at.matches && at.matches(KEEPS)) return true;
    return false;
  };
  const visit = root => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) {
        const before = node.data, text = masked(before, keeps(root));
        if (text === before) continue;
        undo.push(() => { node.data = before; });
        node.data = text;
      } else if (node.nodeType === Node.ELEMENT_NODE && !['SCRIPT', 'STYLE'].includes(node.tagName)) {
        for (const name of ['placeholder', 'alt', 'title', 'label'])
          if (node.hasAttribute(name)) {
            const before = node.getAttribute(name);
            undo.push(() => node.setAttribute(name, before));
            node.setAttribute(name, masked(before, keeps(node)));
          }
        if (node.shadowRoot) visit(node.shadowRoot);
        visit(node);
      }
    }
  };
  visit(document);
  return () => undo.forEach(each => each());
}"""
_FIELDS = (
    "input:not([type=button]):not([type=submit]):not([type=checkbox]):not([type=radio]):not([type=hidden]), "
    "textarea, select, [contenteditable]"
)


class Capture:
    """The evidence of one job."""

    def __init__(self, login_id: str, job_id: int, secrets: Sequence[str], store: EvidenceStore) -> None:
        self._login_id, self._job_id, self._store = login_id, job_id, store
        self._redactor = Redactor(secrets)
        self._traced: BrowserContext | None = None
        self._saved: str | None = None

    def start_tracing(self, context: BrowserContext) -> None:
        """Trace from here on: snapshots of page and network, but no pictures, which cannot be masked."""
        with contextlib.suppress(Exception):  # a job goes on without a trace
            context.tracing.start(snapshots=True, screenshots=False, sources=False)
            self._traced = context

    def stop_tracing(self) -> None:
        """Stop tracing and discard what was traced so far."""
        if self._traced:
            with contextlib.suppress(Exception):
                self._traced.tracing.stop()
        self._traced = None

    def forget(self) -> None:
        """Discard the trace, because the traced browser is gone or the job is done."""
        self.stop_tracing()

    def save(self, page: Page | None, error: BaseException) -> str:
        """Store as many of the three files as can be captured; returns the folder's address."""
        if self._saved:
            return self._saved
        files: dict[str, bytes] = {PAGE: self._page(page, error).encode()}
        with contextlib.suppress(Exception):
            files[TRACE] = self._trace()
        with contextlib.suppress(Exception):
            if page and not page.is_closed():
                files[SCREENSHOT] = _screenshot(page)
        self._saved = self._store.save(self._login_id, self._job_id, files)
        return self._saved

    def _page(self, page: Page | None, error: BaseException) -> str:
        """The page's frames, below a comment that says what failed where."""
        address = self._redactor.address(page.url) if page else "no page"
        reason = f"{type(error).__name__}: {self._redactor.words(str(error))}"
        parts = [f"<!-- {html.escape(address)} | {html.escape(reason).replace('--', '- -')} -->"]
        frames = page.frames[:_MOST_FRAMES] if page and not page.is_closed() else []
        for frame in frames:
            if source := _evaluated(frame, _SERIALISE):
                parts.append(f"<!-- frame {html.escape(self._redactor.address(frame.url))} -->")
                parts.append(self._redactor.page(source[:_MOST_HTML]))
        return "\n".join(parts)

    def _trace(self) -> bytes:
        context, self._traced = self._traced, None
        if not context:
            raise LookupError("nothing is traced")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, TRACE)
            context.tracing.stop(path=path)
            return rewrite_trace(path, self._redactor)


def _screenshot(page: Page) -> bytes:
    """The whole page as PNG; while it is taken, the page's words are masked and its fields covered.

    Raises if a frame cannot be masked, because the picture would then show what must stay hidden.
    """
    masked: list[JSHandle] = []
    try:
        for frame in page.frames:
            masked.append(frame.evaluate_handle(_MASK, sorted(interface_words())))
        return page.screenshot(
            full_page=True, mask=[page.locator(_FIELDS)], animations="disabled", timeout=_SCREENSHOT_S * 1000
        )
    finally:
        for unmask in masked:
            with contextlib.suppress(Exception):
                unmask.evaluate("unmask => unmask()")


def _evaluated(frame: Frame, script: str) -> str:
    try:
        return str(frame.evaluate(script))
    except Exception:  # noqa: BLE001 - a frame that is gone or broken is left out
        return ""
