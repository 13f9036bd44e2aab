"""What evidence may show of a page: its structure and the words of its interface, but none of its data.

Whatever is not known to be harmless is masked: a word that is not in ``interface_words.txt`` becomes its
shape (``Maria`` becomes ``Xxxxx``), a run of five digits or more becomes zeros, attributes outside a list are
dropped. Buttons, column headers and tabs keep their words, because a changed page is recognised by them.
E-mail addresses and the login's secrets are masked everywhere.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

MASK = "•••"
_SHORTEST_SECRET = 4
_EMAIL = re.compile(r"[^\s@<>\"'=,;:()]+(?:@|%40)[^\s@<>\"'=,;:()]+")
_WORD = re.compile(r"[^\W_]+")
_LONG_NUMBER = re.compile(r"\d{5,}")
# Signed parameters and tokens in paths.
_TOKEN = re.compile(r"(?=[\w.~%-]*\d)[\w.~%-]{20,}")
# Values that name a control, or say which state it is in.
_NAMING = frozenset(
    {
        "class", "colspan", "data-action", "data-takt-id", "data-test-id", "data-testid", "dir", "for",
        "id", "lang", "method", "name", "part", "role", "rowspan", "shadowrootmode", "slot", "type",
    }
)  # fmt: skip
_STATES = frozenset(
    {
        "aria-busy", "aria-checked", "aria-controls", "aria-current", "aria-disabled", "aria-expanded",
        "aria-haspopup", "aria-hidden", "aria-invalid", "aria-selected", "checked", "disabled", "hidden",
        "open", "readonly", "required", "selected", "visible",
    }
)  # fmt: skip
_WORDED = frozenset({"alt", "aria-label", "aria-description", "header", "label", "placeholder", "title"})
_ADDRESSES = frozenset({"action", "href", "src"})
# Playwright's own attributes in snapshots: the state a control was in, never what was typed into it.
_PLAYWRIGHT = frozenset(
    {
        "__playwright_checked_", "__playwright_custom_elements__", "__playwright_scroll_left_",
        "__playwright_scroll_top_", "__playwright_selected_", "__playwright_shadow_root_",
        "__playwright_target__",
    }
)  # fmt: skip
_KEEPS_WORDS = frozenset({"button", "th", "kat-button", "kat-tab"})
_KEEPING_ROLES = frozenset({"button", "columnheader", "tab"})
_DROPPED = frozenset({"base", "noscript", "script", "style", "link", "meta"})
_VOID = frozenset(
    {"area", "br", "col", "embed", "hr", "img", "input", "source", "track", "wbr"},
)


@lru_cache(maxsize=1)
def interface_words() -> frozenset[str]:
    """The words that evidence may show, in lower case."""
    lines = Path(__file__).with_name("interface_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


class Redactor:
    """Masks texts, addresses and elements.

    ``secrets``: the login's; those shorter than four characters are ignored.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({each for each in secrets if len(each) >= _SHORTEST_SECRET}, key=len, reverse=True)
        forms = {form for secret in known for form in forms_of(secret)}
        self._secrets = re.compile(
            "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or r"(?!)", re.IGNORECASE
        )

    def plain(self, text: str) -> str:
        """A text of ours or of a control, with secrets, e-mail addresses, tokens and long numbers masked."""
        text = _EMAIL.sub(MASK, self._secrets.sub(MASK, text))
        return _LONG_NUMBER.sub(lambda found: "0" * len(found[0]), _TOKEN.sub(MASK, text))

    def words(self, text: str) -> str:
        """A text of a page: words of its interface stay, all others become their shape."""
        return _WORD.sub(_shape, self.plain(text))

    def address(self, url: str) -> str:
        """An address without its user, its fragment and the values of its query."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return MASK
        if parts.scheme in ("data", "javascript", "blob", "mailto", "tel"):
            return f"{parts.scheme}:{MASK}"
        keys = [each.split("=", 1)[0] for each in parts.query.split("&") if each]
        query = "?" + "&".join(f"{self.plain(key)}={MASK}" for key in keys) if keys else ""
        host = parts.netloc.rpartition("@")[2]
        start = f"{parts.scheme}://{host}" if host else ""
        return f"{start}{self.plain(parts.path)}{query}"

    def attributes(self, tag: str, given: Mapping[str, str | None]) -> dict[str, str]:
        """The attributes of an element that may be shown."""
        keeps = keeps_words(tag, given)
        shown: dict[str, str] = {}
        for name, value in given.items():
            lower, text = name.lower(), value or ""
            if lower in _NAMING:
                shown[name] = self.plain(text)
            elif lower in _WORDED:
                shown[name] = self.plain(text) if keeps else self.words(text)
            elif lower in _ADDRESSES:
                shown[name] = self.address(text)
            elif lower in _STATES or lower in _PLAYWRIGHT:
                shown[name] = self.words(text)
        return shown

    def page(self, source: str) -> str:
        """The HTML of a page as it may be shown."""
        rewriter = _Rewriter(self)
        rewriter.feed(source)
        rewriter.close()
        return "".join(rewriter.out)


def keeps_words(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Whether an element is a control whose words are the page's own."""
    return tag.lower() in _KEEPS_WORDS or (attributes.get("role") or "").lower() in _KEEPING_ROLES


def is_dropped(tag: str) -> bool:
    """Whether evidence omits an element with everything in it."""
    return tag.lower() in _DROPPED


def forms_of(secret: str) -> set[str]:
    """A secret in the forms in which pages, HTML forms, headers and traces contain it."""
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }


def _shape(found: re.Match[str]) -> str:
    word = found[0]
    if word.isdigit() or word.lower() in interface_words():
        return word
    return "".join("0" if c.isdigit() else "X" if c.isupper() else "x" for c in word)


class _Rewriter(HTMLParser):
    """Rewrites a page so that it contains only what may be shown."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._redactor = redactor
        self._dropping = 0
        self._keeping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if is_dropped(tag):
            self._dropping += tag in ("noscript", "script", "style")
            return
        if self._dropping:
            return
        shown = self._redactor.attributes(tag, given)
        written = "".join(f' {name}="{html.escape(value)}"' for name, value in shown.items())
        self.out.append(f"<{tag}{written}>")
        if tag not in _VOID and (self._keeping or keeps_words(tag, given)):
            self._keeping.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if is_dropped(tag):
            self._dropping = max(0, self._dropping - (tag in ("noscript", "script", "style")))
            return
        if self._dropping:
            return
        self.out.append(f"</{tag}>")
        if tag in self._keeping:
            while self._keeping.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            text = self._redactor.plain(data) if self._keeping else self._redactor.words(data)
            self.out.append(html.escape(text, quote=False))
