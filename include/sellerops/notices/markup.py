"""Converts a notice's text from Slack's mark-up to plain text or HTML, for other channels."""

from __future__ import annotations

import html
import re

# <https://...|title>, <https://...>, *bold* and `code` (api.slack.com, formatting text).
_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|([^>]*))?>")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]+)`")
# Matched one after the other from the left, so that tags never overlap: values may contain either character.
_MARK = re.compile(r"`(?P<code>[^`\n]+)`|(?<![\w*])\*(?P<bold>(?:`[^`\n]+`|[^*`\n])+)\*(?![\w*])")


def to_plain_text(text: str) -> str:
    """The text without mark-up; a link becomes ``title: address``."""
    shown = _LINK.sub(lambda link: f"{link[2]}: {link[1]}" if link[2] else link[1], text)
    return html.unescape(_BOLD.sub(r"\1", shown))


def to_html(text: str) -> str:
    """The text as HTML with ``<a>``, ``<b>`` and ``<code>``; everything else is escaped, line ends stay."""
    parts = []
    end = 0
    for link in _LINK.finditer(text):
        address, title = html.escape(html.unescape(link[1])), _escaped(link[2] or link[1])
        parts += [_marked(text[end : link.start()]), f'<a href="{address}">{title}</a>']
        end = link.end()
    return "".join([*parts, _marked(text[end:])])


def cut_to_fit(text: str, most: int) -> str:
    """``text``, cut at the end of a line so that its HTML has no more than ``most`` characters."""
    lines = text.split("\n")
    if len(to_html(text)) <= most:
        return text
    more = "... cut; the run's page shows all of it."
    while len(lines) > 1 and len(to_html("\n".join([*lines, more]))) > most:
        lines.pop()
    while lines and len(to_html("\n".join([*lines, more]))) > most:
        lines = [lines[0][: len(lines[0]) // 2]] if lines[0] else []
    return "\n".join([*lines, more])[:most]


def _marked(text: str) -> str:
    return _MARK.sub(_tagged, _escaped(text))


def _tagged(mark: re.Match[str]) -> str:
    if mark["code"]:
        return f"<code>{mark['code']}</code>"
    return "<b>" + _CODE.sub(r"<code>\1</code>", mark["bold"]) + "</b>"


def _escaped(text: str) -> str:
    """Escape ``text`` exactly once: the headline is not escaped yet, the other parts are."""
    return html.escape(html.unescape(text), quote=False)
