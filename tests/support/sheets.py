"""A local Google Sheets: API v4's values and the part of spreadsheets that exports use, on a loopback port.

Requests and answers are checked against Google's own discovery document (inside google-api-python-client):
methods, parameters, enumerations and the fields of bodies. A difference is answered by 500 and kept in
``differences``.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Cells = dict[tuple[int, int], Any]
MOST_CELLS = 10_000_000
MOST_CHARACTERS = 50_000
_DAY_ZERO = date(1899, 12, 30)


@dataclass
class Formula:
    """What USER_ENTERED makes of a text that begins with an equals sign."""

    text: str


@dataclass
class Tab:
    """One sheet; cells by (row, column), both from 1."""

    sheet_id: int
    rows: int = 1000
    columns: int = 26
    cells: Cells = field(default_factory=dict)

    def grid(self) -> list[list[Any]]:
        """All values from A1 on, empty rows and cells at the end left out."""
        return _trimmed(self.cells, (1, 1), (self.rows, self.columns))


@dataclass
class Fault:
    """What happens to a call. ``applied``: it is done, and only its answer is lost."""

    status: int
    message: str = ""
    applied: bool = False


class Refusal(Exception):
    def __init__(self, status: int, reason: str, message: str) -> None:
        self.body = {"error": {"code": status, "message": message, "status": reason}}
        self.status = status
        super().__init__(message)


_REASONS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
            429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}  # fmt: skip


class SheetsServer:
    """``url`` is what ``GSheetsHook(api_endpoint=...)`` takes. Use it as a context."""

    def __init__(self) -> None:
        self.spreadsheets: dict[str, dict[str, Tab]] = {}
        self.not_shared: set[str] = set()
        self.calls: list[str] = []
        self.differences: list[str] = []
        self._faults: dict[str, list[Fault | None]] = {}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/"

    def __enter__(self) -> SheetsServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def add(self, spreadsheet_id: str, **tabs: Tab) -> Tab:
        """A spreadsheet that is shared with us; returns its first sheet, ``Data`` unless others are given."""
        self.spreadsheets[spreadsheet_id] = tabs or {"Data": Tab(0)}
        return next(iter(self.spreadsheets[spreadsheet_id].values()))

    def fail(self, method: str, *faults: Fault | None) -> None:
        """What the next calls of a method (``values.batchUpdate``) meet, one each; None: it works."""
        self._faults.setdefault(method, []).extend(faults)

    def forget_faults(self) -> None:
        self._faults.clear()

    def answer(self, verb: str, target: str, body: Any) -> tuple[int, dict[str, Any]]:
        with self._lock:
            try:
                return 200, self._answer(verb, target, body)
            except Refusal as refusal:
                return refusal.status, refusal.body

    def _answer(self, verb: str, target: str, body: Any) -> dict[str, Any]:
        parts = urlsplit(target)
        method, path, problems = check_request(verb, parts.path, parse_qs(parts.query), body)
        self.calls.append(method)
        waiting = self._faults.get(method)
        fault = waiting.pop(0) if waiting else None
        if fault and not fault.applied:
            raise Refusal(fault.status, _REASONS[fault.status], fault.message)
        spreadsheet_id = path["spreadsheetId"]
        if spreadsheet_id not in self.spreadsheets:
            raise Refusal(404, "NOT_FOUND", "Requested entity was not found.")
        if spreadsheet_id in self.not_shared:
            raise Refusal(403, "PERMISSION_DENIED", "The caller does not have permission")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        work = getattr(self, "_" + re.sub(r"\W", "_", method))
        answer: dict[str, Any] = {} if problems else work(spreadsheet_id, path, query, body or {})
        problems += check_answer(method, answer) if not problems else []
        if problems:
            self.differences += [f"{method}: {problem}" for problem in problems]
            raise Refusal(500, "INTERNAL", "; ".join(problems))
        if fault:
            raise Refusal(fault.status, _REASONS[fault.status], fault.message)
        return answer

    # -- methods, named as in the discovery document

    def _spreadsheets_get(self, spreadsheet_id: str, *_: Any) -> dict[str, Any]:
        sheets = [
            {
                "properties": {
                    "sheetId": tab.sheet_id, "title": title, "index": index, "sheetType": "GRID",
                    "gridProperties": {"rowCount": tab.rows, "columnCount": tab.columns},
                }
            }
            for index, (title, tab) in enumerate(self.spreadsheets[spreadsheet_id].items())
        ]  # fmt: skip
        return {"spreadsheetId": spreadsheet_id, "properties": {"title": "A spreadsheet"}, "sheets": sheets}

    def _spreadsheets_batchUpdate(
        self, spreadsheet_id: str, _path: Any, _query: Any, body: dict[str, Any]
    ) -> dict[str, Any]:
        for request in body["requests"]:
            ((kind, wanted),) = request.items()
            if kind != "appendDimension":
                raise Refusal(400, "INVALID_ARGUMENT", f"this local server knows no {kind}")
            tabs = self.spreadsheets[spreadsheet_id]
            tab = next(tab for tab in tabs.values() if tab.sheet_id == wanted["sheetId"])
            rows = wanted["length"] if wanted["dimension"] == "ROWS" else 0
            columns = wanted["length"] - rows
            elsewhere = sum(each.rows * each.columns for each in tabs.values() if each is not tab)
            if elsewhere + (tab.rows + rows) * (tab.columns + columns) > MOST_CELLS:
                message = "This action would increase the number of cells in the workbook above the limit"
                raise Refusal(400, "INVALID_ARGUMENT", f"{message} of {MOST_CELLS} cells.")
            tab.rows, tab.columns = tab.rows + rows, tab.columns + columns
        return {"spreadsheetId": spreadsheet_id, "replies": [{} for _ in body["requests"]]}

    def _values_get(
        self, spreadsheet_id: str, path: dict[str, str], query: dict[str, str], _body: Any
    ) -> dict[str, Any]:
        tab, first, last = self._area(spreadsheet_id, path["range"])
        render = query.get("valueRenderOption", "FORMATTED_VALUE")
        shown = {place: _shown(value, render) for place, value in tab.cells.items()}
        values = _trimmed(shown, first, last)
        answer: dict[str, Any] = {"range": path["range"], "majorDimension": "ROWS"}
        return {**answer, "values": values} if values else answer

    def _values_update(
        self, spreadsheet_id: str, path: dict[str, str], query: dict[str, str], body: dict[str, Any]
    ) -> dict[str, Any]:
        data = {**body, "range": path["range"]}
        (cells,) = self._checked(spreadsheet_id, [data], query.get("valueInputOption"))
        return self._store(spreadsheet_id, data, cells)

    def _values_batchUpdate(
        self, spreadsheet_id: str, _path: Any, _query: Any, body: dict[str, Any]
    ) -> dict[str, Any]:
        checked = self._checked(spreadsheet_id, body["data"], body.get("valueInputOption"))
        answers = [
            self._store(spreadsheet_id, data, cells)
            for data, cells in zip(body["data"], checked, strict=True)
        ]
        return {
            "spreadsheetId": spreadsheet_id,
            "totalUpdatedRows": sum(each["updatedRows"] for each in answers),
            "totalUpdatedCells": sum(each["updatedCells"] for each in answers),
            "responses": answers,
        }

    def _values_append(
        self, spreadsheet_id: str, path: dict[str, str], query: dict[str, str], body: dict[str, Any]
    ) -> dict[str, Any]:
        tab, (_, left), _ = self._area(spreadsheet_id, path["range"])
        bottom = max((row for row, _ in tab.cells), default=0)
        title = path["range"].split("!")[0]
        tab.rows = max(tab.rows, bottom + len(body["values"]))
        target = f"{title}!{_letters(left)}{bottom + 1}:{_letters(tab.columns)}{tab.rows}"
        data = {**body, "range": target}
        (cells,) = self._checked(spreadsheet_id, [data], query.get("valueInputOption"))
        stored = self._store(spreadsheet_id, data, cells)
        return {"spreadsheetId": spreadsheet_id, "tableRange": path["range"], "updates": stored}

    def _values_clear(self, spreadsheet_id: str, path: dict[str, str], *_: Any) -> dict[str, Any]:
        self._empty(spreadsheet_id, path["range"])
        return {"spreadsheetId": spreadsheet_id, "clearedRange": path["range"]}

    def _values_batchClear(
        self, spreadsheet_id: str, _path: Any, _query: Any, body: dict[str, Any]
    ) -> dict[str, Any]:
        for area in body["ranges"]:
            self._empty(spreadsheet_id, area)
        return {"spreadsheetId": spreadsheet_id, "clearedRanges": body["ranges"]}

    # -- cells

    def _empty(self, spreadsheet_id: str, area: str) -> None:
        tab, first, last = self._area(spreadsheet_id, area)
        for place in [place for place in tab.cells if _is_within(place, first, last)]:
            del tab.cells[place]

    def _checked(
        self, spreadsheet_id: str, ranges: list[dict[str, Any]], option: str | None
    ) -> list[dict[tuple[int, int], Any]]:
        """The cells of each range; refuses all before one is stored, as Google does."""
        if option not in ("RAW", "USER_ENTERED"):
            raise Refusal(400, "INVALID_ARGUMENT", "'valueInputOption' is required but not specified")
        checked = []
        for data in ranges:
            _, (top, left), (bottom, right) = self._area(spreadsheet_id, data["range"])
            cells: Cells = {}
            for row, values in enumerate(data.get("values", []), start=top):
                for column, value in enumerate(values, start=left):
                    if row > bottom or column > right:
                        message = f"Requested writing within range [{data['range']}], but tried writing to "
                        raise Refusal(400, "INVALID_ARGUMENT", f"{message}{_letters(column)}{row}")
                    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
                        message = f"Your input contains more than the maximum of {MOST_CHARACTERS} characters"
                        raise Refusal(400, "INVALID_ARGUMENT", f"{message} in a single cell.")
                    if value is not None:
                        cells[row, column] = _entered(value) if option == "USER_ENTERED" else value
            checked.append(cells)
        return checked

    def _store(self, spreadsheet_id: str, data: dict[str, Any], cells: Cells) -> dict[str, Any]:
        tab, _, _ = self._area(spreadsheet_id, data["range"])
        for place, value in cells.items():
            if value == "":
                tab.cells.pop(place, None)
            else:
                tab.cells[place] = float(value) if type(value) is int else value
        rows, columns = {row for row, _ in cells}, {column for _, column in cells}
        return {
            "spreadsheetId": spreadsheet_id,
            "updatedRange": data["range"],
            "updatedRows": len(rows),
            "updatedColumns": len(columns),
            "updatedCells": len(cells),
        }

    def _area(self, spreadsheet_id: str, area: str) -> tuple[Tab, tuple[int, int], tuple[int, int]]:
        found = re.fullmatch(r"(?:('(?:[^']|'')*'|[^!']+)!)?([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?", area)
        title = found[1].strip("'").replace("''", "'") if found and found[1] else ""
        tab = self.spreadsheets[spreadsheet_id].get(title)
        if not found or tab is None:
            raise Refusal(400, "INVALID_ARGUMENT", f"Unable to parse range: {area}")
        first = int(found[3]), _number(found[2])
        last = (int(found[5]), _number(found[4])) if found[4] else first
        if last[0] > tab.rows or last[1] > tab.columns:
            limits = f"Max rows: {tab.rows}, max columns: {tab.columns}"
            raise Refusal(400, "INVALID_ARGUMENT", f"Range ({area}) exceeds grid limits. {limits}")
        return tab, first, last


def _entered(value: Any) -> Any:
    """As if typed into the page: formulas run, numbers and dates are recognised, a leading quote goes."""
    if not isinstance(value, str):
        return value
    if value.startswith("'"):
        return value[1:]
    if value.startswith(("=", "+")):
        return Formula(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return float((date.fromisoformat(value) - _DAY_ZERO).days)
    return float(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) else value


def _shown(value: Any, render: str) -> Any:
    if isinstance(value, Formula):
        return value.text if render == "FORMULA" else "#computed"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if render == "FORMATTED_VALUE":
        return str(value).upper() if isinstance(value, bool) else str(value)
    return value


def _trimmed(cells: Cells, first: tuple[int, int], last: tuple[int, int]) -> list[list[Any]]:
    """Rows of a range; what is empty at the end of a row, and rows that are empty at the end, left out."""
    rows: dict[int, dict[int, Any]] = {}
    for place, value in cells.items():
        if _is_within(place, first, last) and value != "":
            rows.setdefault(place[0] - first[0], {})[place[1] - first[1]] = value
    return [
        [rows[row].get(column, "") for column in range(max(rows[row]) + 1)] if row in rows else []
        for row in range(max(rows, default=-1) + 1)
    ]


def _is_within(place: tuple[int, int], first: tuple[int, int], last: tuple[int, int]) -> bool:
    return first[0] <= place[0] <= last[0] and first[1] <= place[1] <= last[1]


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    return "" if not number else _letters((number - 1) // 26) + chr(65 + (number - 1) % 26)


# -- Google's discovery document


@cache
def discovery() -> dict[str, Any]:
    from googleapiclient import discovery_cache

    path = Path(discovery_cache.__file__).parent / "documents" / "sheets.v4.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


@cache
def _methods() -> dict[str, dict[str, Any]]:
    spreadsheets = discovery()["resources"]["spreadsheets"]
    own = {f"spreadsheets.{name}": method for name, method in spreadsheets["methods"].items()}
    values = spreadsheets["resources"]["values"]["methods"]
    return own | {f"values.{name}": method for name, method in values.items()}


def check_request(
    verb: str, path: str, query: dict[str, list[str]], body: Any
) -> tuple[str, dict[str, str], list[str]]:
    """The method of a request, the parameters of its path, and what Google's document says against it."""
    found = []
    for name, method in _methods().items():
        pattern = re.escape(method["path"]).replace(r"\{", "{").replace(r"\}", "}")
        match = re.fullmatch("/" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", pattern), path)
        if match and method["httpMethod"] == verb:
            parameters = {key: unquote(value) for key, value in match.groupdict().items()}
            found.append((len(parameters), -len(method["path"]), name, parameters))
    if not found:
        raise Refusal(404, "NOT_FOUND", f"{verb} {path} is no method of the Sheets API v4")
    _, _, name, parameters = min(found, key=lambda each: each[:2])
    method = _methods()[name]
    known = {**discovery()["parameters"], **method["parameters"]}
    problems = [f"unknown parameter {each!r}" for each in query if each not in known]
    for each, values in query.items():
        allowed = known.get(each, {}).get("enum")
        problems += [f"{each}={value!r}" for value in values if allowed and value not in allowed]
    if "request" in method:
        problems += list(_against({"$ref": method["request"]["$ref"]}, body, "body"))
    elif body:
        problems.append("a body where none belongs")
    return name, parameters, problems


def check_answer(name: str, answer: Any) -> list[str]:
    """What Google's document says against an answer."""
    return list(_against({"$ref": _methods()[name]["response"]["$ref"]}, answer, "answer"))


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
}


def _against(schema: dict[str, Any], value: Any, place: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = discovery()["schemas"][schema["$ref"]]
    kind = schema.get("type", "object")
    if kind == "array":
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, each in enumerate(value):
            yield from _against(schema["items"], each, f"{place}[{number}]")
    elif kind == "object":
        if not isinstance(value, dict):
            yield f"{place} is no object"
            return
        for name, each in value.items():
            if name in schema.get("properties", {}):
                yield from _against(schema["properties"][name], each, f"{place}.{name}")
            else:
                yield f"{place} has no field {name!r}"
    elif kind == "any":
        # The document's words on ValueRange.values: bool, string and double; null is skipped.
        if value is not None and not isinstance(value, (str, int, float, bool)):
            yield f"{place} is no value of a cell"
    elif not _TYPES[kind](value):
        yield f"{place} is no {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{place} is {value!r}"


def _handler(server: SheetsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            status, answer = server.answer(self.command, self.path, json.loads(text) if text else None)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
