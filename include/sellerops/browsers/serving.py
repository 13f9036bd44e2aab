"""Runs one login's browser in the foreground and forwards its DevTools port, for containers.

Chromium listens on loopback only, whatever its options say, so other containers reach it through this
forwarder.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from urllib.parse import urlsplit

import psutil

from sellerops.browsers.pool import Pool
from sellerops.browsers.process_tree import is_alive
from sellerops.settings.logins import Login

_LOOK_S = 1.0
_CHUNK = 1 << 16
_ENDED = 1


def serve(login: Login, mark: str, host: str) -> int:
    """Run the browser until SIGINT or SIGTERM (exit code 0) or until it dies (1).

    The forwarder listens on ``host`` at the port of ``login.browser``, Chromium itself one port below. Raises
    the same errors as ``Pool.start``.
    """
    port = urlsplit(login.browser).port or 0
    inside = replace_browser(login, port - 1)
    pool = Pool()
    found = pool.start(inside, mark, reached_at=port)
    print(f"{login.id}: Chromium runs (pid {found.process.pid if found.process else 'unknown'}), port {port}")
    try:
        return asyncio.run(_forward(host, port, port - 1, found.process))
    finally:
        pool.stop(inside, mark)


def replace_browser(login: Login, port: int) -> Login:
    """The login with its browser on a loopback port."""
    return login.model_copy(update={"browser": f"http://127.0.0.1:{port}"})


async def _forward(host: str, port: int, to_port: int, process: psutil.Process | None) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", to_port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    async with await asyncio.start_server(connect, host, port):
        while not stopped.is_set():
            if process is not None and not is_alive(process):
                return _ENDED
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), _LOOK_S)
    return 0


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
