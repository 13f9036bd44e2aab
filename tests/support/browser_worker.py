"""A worker that uses a login's browser until it is killed: home, login as JSON, address of a page."""

import sys
from pathlib import Path

from support.browsers import job

from sellerops.browsers.pool import Pool
from sellerops.settings.logins import Login

home, login, address = sys.argv[1:]
with job(Pool(Path(home)), Login.model_validate_json(login), Path(home, "evidence"), job_id=77) as session:
    session.goto(address)
    (session.downloads / "half.csv").write_text("half")
    print("ready", flush=True)
    session.page.wait_for_selector("#never", timeout=600_000)
