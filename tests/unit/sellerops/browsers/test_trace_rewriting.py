"""A trace that is written again: what stays, what goes."""

import io
import json
import zipfile

from sellerops.browsers.evidence_redaction import Redactor
from sellerops.browsers.trace_rewriting import rewrite_trace

CANARY = "canary-7f3a"


def trace(tmp_path, events, requests=(), resources=()):
    path = tmp_path / "trace.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("trace.trace", "\n".join(map(json.dumps, events)))
        out.writestr("trace.network", "\n".join(map(json.dumps, requests)))
        out.writestr("trace.stacks", json.dumps({"files": ["/home/somebody/x.py"]}))
        for name, content in resources:
            out.writestr(f"resources/{name}", content)
    return path


def rewritten(path):
    with zipfile.ZipFile(io.BytesIO(rewrite_trace(path, Redactor([CANARY])))) as out:
        return {name: out.read(name).decode() for name in out.namelist()}


def request(media_type, sha1):
    headers = [{"name": "Cookie", "value": CANARY}, {"name": "Set-Cookie", "value": CANARY}]
    return {
        "type": "resource-snapshot",
        "snapshot": {
            "time": 12,
            "request": {
                "method": "POST",
                "url": f"https://site.example/a?t={CANARY}",
                "headers": headers,
                "cookies": [{"name": "s", "value": CANARY}],
                "queryString": [{"name": "t", "value": CANARY}],
                "postData": {"text": CANARY, "_sha1": "post.bin"},
            },
            "response": {
                "status": 200,
                "headers": headers,
                "content": {"mimeType": media_type, "size": 3, "_sha1": sha1},
                "redirectURL": CANARY,
            },
        },
    }


def test_requests_keep_method_address_and_status_and_lose_headers_and_bodies(tmp_path):
    files = rewritten(
        trace(
            tmp_path,
            [],
            [request("text/html; charset=utf-8", "page.html"), request("text/css", "style.css")],
            [("page.html", CANARY), ("post.bin", CANARY), ("style.css", "p{color:red}")],
        )
    )
    assert CANARY not in "".join(files.values())
    kept = [json.loads(line)["snapshot"] for line in files["trace.network"].splitlines()]
    assert [each["request"]["method"] for each in kept] == ["POST", "POST"]
    assert kept[0]["request"]["url"].startswith("https://site.example/a?t=")
    assert kept[0]["response"]["status"] == 200
    assert set(files) == {"trace.trace", "trace.network", "resources/style.css"}


def test_actions_keep_their_selector_and_lose_what_was_typed(tmp_path):
    files = rewritten(
        trace(
            tmp_path,
            [
                {
                    "type": "before",
                    "callId": "1",
                    "class": "Frame",
                    "method": "fill",
                    "params": {"selector": "#user", "value": CANARY, "timeout": 30000, "unlisted": CANARY},
                },
                {"type": "log", "callId": "1", "time": 1, "message": f'  fill("{CANARY}") Maria'},
                {
                    "type": "after",
                    "callId": "1",
                    "error": {"name": "Error", "message": f"waiting for Maria {CANARY}"},
                },
                {"type": "console", "text": CANARY},
                {"type": "unheard-of", "text": CANARY},
            ],
        )
    )
    events = [json.loads(line) for line in files["trace.trace"].splitlines()]
    assert [each["type"] for each in events] == ["before", "log", "after"]
    assert events[0]["params"] == {"selector": "#user", "timeout": 30000}
    assert events[2]["error"]["message"].startswith("waiting for Xxxxx")
    assert CANARY not in files["trace.trace"]
    assert "Maria" not in files["trace.trace"]


def test_snapshots_keep_their_structure_and_references(tmp_path):
    html = [
        "HTML",
        {},
        ["SCRIPT", {}, CANARY],
        ["INPUT", {"id": "user", "__playwright_value_": CANARY, "value": CANARY}],
        ["TEXTAREA", {}, CANARY],
        ["BUTTON", {"class": "go"}, "Anfordern"],
        ["P", {}, "Report for Maria"],
        [[1, 7]],
    ]
    event = {
        "type": "frame-snapshot",
        "snapshot": {
            "frameUrl": f"https://site.example/?t={CANARY}",
            "html": html,
            "resourceOverrides": [CANARY],
            "viewport": {"width": 1, "height": 1},
        },
    }
    (line,) = rewritten(trace(tmp_path, [event]))["trace.trace"].splitlines()
    shown = json.loads(line)["snapshot"]
    assert shown["html"] == [
        "HTML",
        {},
        ["SCRIPT", {}],
        ["INPUT", {"id": "user"}],
        ["TEXTAREA", {}],
        ["BUTTON", {"class": "go"}, "Anfordern"],
        ["P", {}, "Report for Xxxxx"],
        [[1, 7]],
    ]
    assert CANARY not in line
