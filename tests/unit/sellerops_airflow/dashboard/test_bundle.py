"""The committed bundle of the seller hub's pages. ``make hub-check`` builds it anew; this needs no Node."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

DASHBOARD = Path(__file__).parents[4] / "plugins" / "sellerops_airflow" / "dashboard"
WEB = DASHBOARD / "web"
BUNDLE = DASHBOARD / "static" / "hub.js"
LIMIT = 250_000


def source_digest() -> str:
    """As ``vite.config.ts`` computes it."""
    names = [path.relative_to(WEB).as_posix() for path in (WEB / "src").rglob("*.ts*")]
    sources = [name for name in names if not name.endswith((".test.ts", ".d.ts"))]
    digest = hashlib.sha256()
    for name in sorted([*sources, "package-lock.json", "vite.config.ts"]):
        digest.update(name.encode() + b"\0" + (WEB / name).read_bytes())
    return digest.hexdigest()


def test_bundle_is_built_from_the_sources_beside_it() -> None:
    found = re.search(r"/\*! sources ([0-9a-f]{64}) \*/", BUNDLE.read_text(encoding="utf-8"))
    assert found, "The bundle does not say what it was built from. Run: make hub"
    assert found[1] == source_digest(), "The pages changed after the bundle was built. Run: make hub"


def test_bundle_is_small() -> None:
    assert len(gzip.compress(BUNDLE.read_bytes())) < LIMIT


def test_bundle_brings_no_react_and_no_chakra_of_its_own() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    assert "ReactJSXRuntime" in text
    assert "ChakraUI" in text
    assert "__SECRET_INTERNALS" not in text
    assert "__CLIENT_INTERNALS" not in text


def test_lock_file_names_no_registry_and_has_a_hash_for_every_package() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    for name, package in installed.items():
        assert "resolved" not in package, f"{name} is bound to a registry"
        assert package.get("integrity"), f"{name} has no hash"
