"""python -m amazon_sandbox: the local Amazon."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from amazon_sandbox.app import FAMILIES, create_app
from amazon_sandbox.core.clock import VirtualClock
from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.core.server import bind, serve, url_of
from amazon_sandbox.simulation import SCENARIOS, Simulation


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve until stopped."""
    options = _parser().parse_args(arguments)
    start: float | None = None
    if options.start is not None:
        parsed = parse_instant(options.start)
        if parsed is None:
            print(
                f"--start: {options.start!r} is not a valid time. Use 2026-11-20T08:00:00Z.", file=sys.stderr
            )
            return 2
        start = parsed[0].timestamp()
    try:
        bound = bind(options.host, options.port)
    except OSError as error:
        print(
            f"cannot listen on {options.host}:{options.port}: {error}; use --port 0 for a free one",
            file=sys.stderr,
        )
        return 1
    sandbox = Sandbox(
        partial(Simulation, options.seed, options.scenario),
        FAMILIES,
        clock=VirtualClock(speed=options.speed, start=start),
        public_url=(options.public_url or url_of(bound)).rstrip("/"),
    )
    serve(create_app(sandbox), bound, port_file=options.port_file)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m amazon_sandbox",
        description="A local Amazon: Selling Partner API, Amazon Ads, Login with Amazon, message sinks.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port; 0 picks a free one (0)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same seller history (7)")
    parser.add_argument(
        "--scenario", default="demo", choices=sorted(SCENARIOS), help="which sellers to simulate (demo)"
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, help="virtual seconds per real second; 0 freezes the clock (1)"
    )
    parser.add_argument("--start", help="start time of the virtual clock (now)")
    parser.add_argument(
        "--public-url", help="URL under which clients reach this server; presigned URLs begin with it"
    )
    parser.add_argument("--port-file", type=Path, help="file to write the port to once the server listens")
    return parser


if __name__ == "__main__":
    sys.exit(main())
