"""The operations of exports: snapshots of entities as files, each kind with its own media type."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from amazon_sandbox.ads import data
from amazon_sandbox.ads.answers import AdsError
from amazon_sandbox.ads.content import changed
from amazon_sandbox.ads.creation import create_report
from amazon_sandbox.ads.models import export_rows
from amazon_sandbox.ads.operations import AdsCall, Answer, endpoint
from amazon_sandbox.ads.routes import fresh_url
from amazon_sandbox.ads.rows import CONTENT_TYPE, json_array
from amazon_sandbox.ads.state import EXPORTS, AdsReport, AdsStore
from amazon_sandbox.reports.processing import ReportProcessor
from amazon_sandbox.reports.render import Rendered, RenderJob, write_file
from amazon_sandbox.simulation import Simulation
from amazon_sandbox.simulation.ads_structure import SB, SD, SP

_PRODUCTS = (SP, SB, SD)
_STATES = ("ENABLED", "PAUSED", "ARCHIVED")
# The id encodes the kind: base64 of "<uuid>,<mark>".
_MARKS = {"campaigns": "C", "adGroups": "A", "targets": "T", "ads": "AD"}


def media_type(kind: str) -> str:
    """The media type of a kind, used in Content-Type and Accept."""
    return f"application/vnd.{kind.lower()}export.v1+json"


def write(simulation: Simulation, job: RenderJob) -> Rendered | None:
    """Write an export."""
    parsed = json.loads(dict(job.options)["wanted"])
    storefront = simulation.storefront(simulation.seller(job.account), job.marketplace_ids[0]).generated
    kind = job.report_type.removeprefix("exports.")
    rows = export_rows(storefront, kind, tuple(parsed["products"]), tuple(parsed["states"]))
    for name, settings in job.transforms:
        rows = changed(rows, name, dict(settings))
    return write_file(job, json_array(rows), CONTENT_TYPE)


def _create(kind: str) -> Any:
    async def create_export(call: AdsCall) -> Answer:
        """202 with the id of the export."""
        sent = (call.request.headers.get("content-type") or "").split(";")[0].strip().lower()
        if sent != media_type(kind):
            raise AdsError(415, f"Content type {sent or 'of the request'} is not supported")
        body = call.json_body()
        products = _choices(body, "adProductFilter", _PRODUCTS, _PRODUCTS)
        states = _choices(body, "stateFilter", _STATES, _STATES[:2])
        if call.storefront is None:
            raise AdsError(400, "exports are not available for this account")
        export = create_report(
            call.sandbox,
            call.account.seller,
            call.profile,
            f"exports.{kind}",
            body,
            (("wanted", json.dumps({"products": products, "states": states})),),
            write,
            report_id=_new_id(kind),
            seconds=(0.0, data.EXPORT_SECONDS),
        )
        call.report_id = export.id
        return 202, export.as_export(None, None)

    return create_export


async def get_export(call: AdsCall) -> Answer:
    """An export, with a fresh url once it is completed. 406 where Accept names another kind."""
    export = _export(call)
    kind = export.report_type.removeprefix("exports.")
    accepted = [part.split(";")[0].strip() for part in call.request.headers.get("accept", "*/*").split(",")]
    if not {media_type(kind), "*/*"} & set(accepted):
        raise AdsError(406, "Could not find acceptable representation")
    export.reads += 1
    await call.sandbox.state(ReportProcessor).advance((export,))
    return 200, export.as_export(*fresh_url(call, export))


def _new_id(kind: str) -> str:
    text = f"{uuid.uuid4()},{_MARKS[kind]}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _choices(
    body: dict[str, Any], name: str, known: tuple[str, ...], usual: tuple[str, ...]
) -> tuple[str, ...]:
    value = body.get(name)
    if value is None:
        return usual
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list) or not value or not set(map(str, value)) <= set(known):
        raise AdsError(400, f"{name} is invalid; allowed values: {', '.join(known)}")
    return tuple(map(str, value))


def _export(call: AdsCall) -> AdsReport:
    export_id = call.request.path_params["export_id"]
    call.report_id = export_id
    now = call.sandbox.clock.now()
    export = call.sandbox.state(AdsStore).get(export_id, call.profile.id, now, data.EXPORT_KEPT_SECONDS)
    if export is None or not export.report_type.startswith("exports."):
        raise AdsError(404, f"Export {export_id} not found")
    call.report_type = export.report_type
    return export


def _find_in_export(call: AdsCall) -> None:
    try:
        _export(call)
    except AdsError:
        return  # the handler refuses it


def _find_kind(kind: str) -> Any:
    def find_subject(call: AdsCall) -> None:
        call.report_type = f"exports.{kind}"

    return find_subject


async def _get(request: Request) -> Response:
    response = await _served(request)
    if response.status_code == 200:
        wanted = request.headers.get("accept", "")
        response.headers["content-type"] = wanted if "vnd." in wanted else "application/json"
    return response


_served = endpoint("getExport", get_export, _find_in_export)

routes: list[BaseRoute] = [
    *(
        Route(
            f"/{kind}/export",
            endpoint("createExport", _create(kind), _find_kind(kind), media_type=media_type(kind)),
            methods=["POST"],
        )
        for kind in EXPORTS
    ),
    Route("/exports/{export_id}", _get, methods=["GET"]),
]
