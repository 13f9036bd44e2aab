"""Rewrites a Playwright trace so that it contains only what evidence may show.

A trace is a zip of ``*.trace`` (events: actions, snapshots), ``*.network`` (requests, as HAR entries), both
one JSON object per line, and ``resources/`` (bodies). Only listed kinds of events and listed fields are kept:
of actions their names, selectors and times, of snapshots the redacted elements, of requests the method, the
redacted address, the status and the time. Of the bodies, only stylesheets are kept.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sellerops.browsers.evidence_redaction import Redactor, is_dropped, keeps_words

# Parameters whose texts are our own: a selector, for example, is written in a page object.
_PARAMETERS = ("selector", "state", "timeout", "strict", "waitUntil", "method")
_ACTION = (
    "type", "callId", "startTime", "endTime", "class", "method", "pageId", "parentId", "stepId",
    "point", "beforeSnapshot", "afterSnapshot", "inputSnapshot",
)  # fmt: skip
_SNAPSHOT = (
    "callId", "snapshotName", "pageId", "frameId", "viewport", "timestamp", "wallTime",
    "collectionTime", "isMainFrame", "doctype",
)  # fmt: skip
_OPTIONS = (
    "version", "type", "origin", "browserName", "channel", "platform", "playwrightVersion", "wallTime",
    "monotonicTime", "sdkLanguage", "testIdAttributeName", "contextId",
)  # fmt: skip
_TIMES = (
    "startedDateTime", "time", "timings", "pageref", "_monotonicTime", "_frameref", "_resourceType",
)  # fmt: skip
_STYLESHEET = "text/css"
_Event = dict[str, Any]


def rewrite_trace(path: Path, redactor: Redactor) -> bytes:
    """The zip of a trace, reduced to what evidence may contain."""
    rewriter = _Rewriter(redactor)
    out = io.BytesIO()
    with zipfile.ZipFile(path) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in given.namelist():
            if name.endswith((".trace", ".network")):
                lines = (json.dumps(each) for each in rewriter.events(given.read(name)))
                kept.writestr(name, "".join(f"{line}\n" for line in lines))
        for name in given.namelist():
            if name.removeprefix("resources/") in rewriter.stylesheets:
                kept.writestr(name, redactor.plain(given.read(name).decode("utf-8", "replace")))
    return out.getvalue()


class _Rewriter:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.stylesheets: set[str] = set()
        self._by_kind: dict[str, Callable[[_Event], _Event | None]] = {
            "context-options": lambda event: _only(event, _OPTIONS),
            "before": self._action,
            "input": lambda event: _only(event, _ACTION),
            "after": self._end_of_action,
            "log": self._log,
            "frame-snapshot": self._snapshot,
            "resource-snapshot": self._request,
        }

    def events(self, content: bytes) -> Iterator[_Event]:
        for line in content.splitlines():
            if not line.strip():
                continue
            event = json.loads(line)
            keep = self._by_kind.get(event.get("type", ""))
            if keep and (kept := keep(event)):
                yield kept

    def _action(self, event: _Event) -> _Event:
        given = event.get("params") or {}
        shown: _Event = {
            key: self._redactor.plain(str(given[key])) if isinstance(given[key], str) else given[key]
            for key in _PARAMETERS
            if key in given and not isinstance(given[key], dict | list)
        }
        if isinstance(given.get("url"), str):
            shown["url"] = self._redactor.address(given["url"])
        return {**_only(event, _ACTION), "params": shown}

    def _end_of_action(self, event: _Event) -> _Event:
        kept = _only(event, _ACTION)
        error = event.get("error")
        if isinstance(error, dict):
            inner = error.get("error")
            found: _Event = inner if isinstance(inner, dict) else error
            kept["error"] = {
                "name": str(found.get("name", "Error")),
                "message": self._redactor.words(str(found.get("message", ""))),
            }
        return kept

    def _log(self, event: _Event) -> _Event:
        message = self._redactor.words(str(event.get("message", "")))
        return {**_only(event, ("type", "callId", "time")), "message": message}

    def _snapshot(self, event: _Event) -> _Event | None:
        given = event.get("snapshot")
        if not isinstance(given, dict):
            return None
        shown = _only(given, _SNAPSHOT)
        shown["frameUrl"] = self._redactor.address(str(given.get("frameUrl", "")))
        shown["html"] = self._element(given.get("html"), keeps=False)
        shown["resourceOverrides"] = []
        return {"type": "frame-snapshot", "snapshot": shown}

    def _element(self, node: Any, *, keeps: bool) -> Any:
        """A redacted node: text, ``[tag, attributes, child, ...]``, or ``[[n, m]]``, a former node."""
        if isinstance(node, str):
            return self._redactor.plain(node) if keeps else self._redactor.words(node)
        if not isinstance(node, list) or not node or isinstance(node[0], list):
            return node
        tag = str(node[0])
        attributes = node[1] if len(node) > 1 and isinstance(node[1], dict) else {}
        given = {str(name): str(value) for name, value in attributes.items()}
        if is_dropped(tag):
            return [tag, {}]
        inside = keeps or keeps_words(tag, given)
        children = [] if tag.lower() == "textarea" else node[2:]
        return [
            tag,
            self._redactor.attributes(tag, given),
            *(self._element(each, keeps=inside) for each in children),
        ]

    def _request(self, event: _Event) -> _Event | None:
        given = event.get("snapshot")
        if not isinstance(given, dict):
            return None
        request, response = given.get("request", {}), given.get("response", {})
        content = response.get("content", {})
        media_type = str(content.get("mimeType", "")).split(";")[0].strip()
        shown = {"size": content.get("size", 0), "mimeType": media_type}
        if media_type == _STYLESHEET and isinstance(content.get("_sha1"), str):
            shown["_sha1"] = content["_sha1"]
            self.stylesheets.add(content["_sha1"])
        empty: _Event = {"cookies": [], "headers": [], "headersSize": -1, "bodySize": -1, "httpVersion": ""}
        return {
            "type": "resource-snapshot",
            "snapshot": {
                **_only(given, _TIMES),
                "request": {
                    **empty,
                    "method": request.get("method", ""),
                    "url": self._redactor.address(str(request.get("url", ""))),
                    "queryString": [],
                },
                "response": {
                    **empty,
                    "status": response.get("status", 0),
                    "statusText": "",
                    "redirectURL": "",
                    "content": shown,
                },
                "cache": {},
            },
        }


def _only(event: _Event, keys: Iterable[str]) -> _Event:
    return {key: event[key] for key in keys if key in event}
