"""The local Amazon with generated sellers. Run it with the fleet's JSON file and the local Amazon's options.

The process in which it writes documents imports this file as well, with the same arguments.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from amazon_sandbox.__main__ import main
from amazon_sandbox.simulation import SCENARIOS

_FLEET, *_OPTIONS = sys.argv[1:]
_TOLD = json.loads(Path(_FLEET).read_text(encoding="utf-8"))
SCENARIOS["fleet"] = {name: tuple(codes) for name, codes in _TOLD.items()}

if __name__ == "__main__":
    sys.exit(main([*_OPTIONS, "--scenario", "fleet"]))
