"""Redirects requests to the local Amazon and sleeps by its clock, for clients without an option for it.

Python loads this file itself, because its folder is on PYTHONPATH.
"""

import os
import time
from urllib.parse import urlsplit, urlunsplit

import requests

_TARGET = urlsplit(os.environ["SANDBOX_URL"])
_SPEED = float(os.environ["SANDBOX_SPEED"])
_send, _sleep = requests.Session.send, time.sleep


def _to_sandbox(session, request, **more):
    place = urlsplit(request.url)
    if place.hostname.endswith("amazon.com"):
        request.url = urlunsplit((_TARGET.scheme, _TARGET.netloc, place.path, place.query, ""))
    elif place.hostname != _TARGET.hostname:
        raise OSError(f"{place.hostname} is not the local Amazon")
    return _send(session, request, **more)


requests.Session.send = _to_sandbox
time.sleep = lambda seconds: _sleep(seconds / _SPEED)
