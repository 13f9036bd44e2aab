"""Writes a page of a query's result as JSON Lines, in the process that writes documents."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from amazon_sandbox.data_kiosk import data, economics, sales_and_traffic
from amazon_sandbox.reports.render import Rendered, RenderJob, write_file
from amazon_sandbox.simulation import Seller, Simulation

if TYPE_CHECKING:
    from amazon_sandbox.data_kiosk.language import ParsedQuery

_ROWS = {data.DATASETS[0]: sales_and_traffic.rows, data.DATASETS[1]: economics.rows}


def write(simulation: Simulation, job: RenderJob) -> Rendered | None:
    """The page that begins with the job's `first_row`; None without a row. Raises FatalReport."""
    # Imported here so that GraphQL is loaded with the first query only.
    from amazon_sandbox.data_kiosk.language import read

    options = dict(job.options)
    parsed, first, most = read(options["query"]), int(options["first_row"]), int(options["rows"])
    lines = itertools.islice(_lines(simulation, simulation.seller(job.account), parsed, job), first, None)
    begun = next(lines, None)
    if begun is None:
        return None
    rendered = write_file(
        job, itertools.chain((begun,), itertools.islice(lines, most - 1)), data.CONTENT_TYPE
    )
    has_more = next(lines, None) is not None
    return replace(rendered, next_row=first + most) if has_more else rendered


def _lines(simulation: Simulation, seller: Seller, parsed: ParsedQuery, job: RenderJob) -> Iterator[bytes]:
    from amazon_sandbox.data_kiosk.language import project

    storefronts = {
        marketplace_id: simulation.storefront(seller, marketplace_id)
        for marketplace_id in parsed.marketplace_ids
    }
    faults = dict(job.options).get("faults", "").split()
    # Only economics data can be silently wrong.
    make = partial(economics.rows, faults=faults) if faults else _ROWS[parsed.dataset]
    for row in make(parsed.name, storefronts, parsed.arguments, int(job.as_of.timestamp())):
        line = json.dumps(project(parsed.fields, row), ensure_ascii=False, separators=(",", ":"))
        yield line.encode() + b"\n"
