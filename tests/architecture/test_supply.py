"""What enters the project: licences of its packages, and no credentials in its files."""

import re
import subprocess
import sys
from datetime import date
from importlib.metadata import distribution
from pathlib import Path

import pytest
from support import audit

from sellerops_runtime.home import PROJECT_ROOT

# Of the packages that run in production. Each may be used in a closed service; LGPL and MPL ask only for
# changes of the package itself. What is not listed fails: read its licence, then add it.
ALLOWED = (
    "0BSD",
    "Apache",
    "Artistic License",
    "BSD",
    "CC0",
    "CNRI-Python",
    "ISC",
    "LGPL",
    "Lesser General Public License",
    "MIT",
    "MPL",
    "Mozilla Public License",
    "PSF",
    "Python Software Foundation",
    "Unlicense",
    "Zlib",
)
# Packages whose metadata names none, or several of which one may be chosen. Found in their LICENSE files.
CHOSEN = {"currencyconverter": "Apache-2.0", "text-unidecode": "Artistic License"}
# What credentials look like. Tests make up theirs from words, so that none of them matches.
SECRETS = {
    "AWS access key": r"\b(?:AKIA|ASIA)(?!EXAMPLE|IOSFODNN7EXAMPLE|ABCDEFGH|SANDBOX)[A-Z0-9]{16}\b",
    "Google API key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    "LWA client secret": r"\bamzn1\.oa2-cs\.v1\.(?!0123456789abcdef)[0-9a-f]{64}\b",
    "LWA refresh token": r"\bAtzr\|IwEBI[A-Za-z0-9_-]{60,}",
    "PyPI token": r"\bpypi-[A-Za-z0-9_-]{60,}",
    "Slack token": r"\bxox[abprs]-[0-9]{9,}-[A-Za-z0-9-]{20,}",
    "Telegram token": r"\b[0-9]{9,10}:AA[A-Za-z0-9_-]{33}\b",
    "private key": r"-----BEGIN (?:RSA |EC |OPENSSH |)PRIVATE KEY-----\n[A-Za-z0-9+/]{60}",
}
PATTERN = re.compile("|".join(f"(?P<k{number}>{each})" for number, each in enumerate(SECRETS.values())))


def locked(name: str) -> list[str]:
    text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)


def licence_of(name: str) -> str:
    metadata = distribution(name).metadata
    classified = [
        each.split(" :: ")[-1] for each in metadata.get_all("Classifier") or [] if "License ::" in each
    ]
    named = metadata.get("License-Expression") or "; ".join(classified) or metadata.get("License") or ""
    return CHOSEN.get(name, named.splitlines()[0] if named else "")


def is_allowed(licence: str) -> bool:
    """Whether each part of it is; `GPL` alone is not, nor is nothing."""
    parts = [part.strip(" ()") for part in re.split(r" AND | OR |; ", licence) if part.strip(" ()")]
    known = [part for part in parts if part not in ("OSI Approved", "DFSG approved")]
    return bool(known) and all(any(allowed in part for allowed in ALLOWED) for part in known)


def test_every_package_in_production_has_a_licence_that_allows_its_use():
    names = locked("requirements.lock")
    assert len(names) > 100
    found = {}
    for name in names:
        try:
            found[name] = licence_of(name)
        except ImportError:  # for another platform
            continue
    assert len(found) > 100
    assert {name: each for name, each in found.items() if not is_allowed(each)} == {}


@pytest.mark.parametrize("licence", ["", "GPL-3.0-only", "AGPL-3.0", "Proprietary", "MIT AND GPL-2.0-only"])
def test_another_licence_or_none_is_refused(licence):
    assert not is_allowed(licence)


def tracked() -> list[Path]:
    command = ["git", "-C", str(PROJECT_ROOT), "ls-files", "-z"]
    names = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\0")
    if not any(names):
        pytest.skip("not a git checkout")
    return [PROJECT_ROOT / name for name in names if name]


def secrets_in(text: str) -> set[str]:
    kinds = list(SECRETS)
    return {kinds[int(found.lastgroup[1:])] for found in PATTERN.finditer(text) if found.lastgroup}


def test_no_file_holds_a_credential():
    found = {}
    for path in tracked():
        if path.is_file() and path.stat().st_size < 2_000_000:
            kinds = secrets_in(path.read_text(encoding="utf-8", errors="ignore"))
            if kinds:
                found[str(path.relative_to(PROJECT_ROOT))] = kinds
    assert found == {}


@pytest.mark.parametrize(
    ("kind", "planted"),
    [
        ("AWS access key", "AKIA" + "Q" * 16),
        ("Google API key", "AIza" + "b" * 35),
        ("Slack token", "xoxb-" + "1" * 12 + "-" + "c" * 24),
        ("LWA client secret", "amzn1.oa2-cs.v1." + "d" * 64),
        ("private key", "-----BEGIN PRIVATE KEY" + "-----\n" + "e" * 64),
    ],
)
def test_a_planted_credential_is_found(kind, planted):
    assert secrets_in(f"token: {planted}\n") == {kind}


UNREACHABLE = (
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.osv.dev', port=443): Max retries",
    "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://api.osv.dev/v1/query",
    "error: Request failed\n  Caused by: error sending request for url (https://pypi.org/simple/pip-audit/)",
)
FAILED = (
    "Found 2 known vulnerabilities in 1 package",
    "Found 1 known vulnerability in 1 package\nrequests.exceptions.ConnectionError: later",
    "ERROR:pip_audit._cli:requirement airflow is not hashed",
    "Because there is no version of pip-audit==9.9.9, it cannot be resolved",
    "",
)


@pytest.mark.parametrize(
    ("said", "passes"), [*((each, True) for each in UNREACHABLE), *((each, False) for each in FAILED)]
)
def test_an_audit_that_fails_passes_only_where_the_service_is_not_reached(said, passes, capsys):
    command = [sys.executable, "-c", f"import sys; print({said!r}); sys.exit(1)"]
    assert (audit.main(command) == 0) is passes
    assert ("was not audited" in capsys.readouterr().err) is passes


def test_a_vulnerability_without_a_fix_is_accepted_with_a_reason_until_a_day(tmp_path, monkeypatch, capsys):
    text = "id,until,reason\nGHSA-1,2026-12-31,No fix; we never parse such files\n"
    assert audit.accepted(text, date(2026, 12, 31)) == ["GHSA-1"]
    with pytest.raises(ValueError, match="GHSA-1 was accepted until 2026-12-31 only"):
        audit.accepted(text, date(2027, 1, 1))
    with pytest.raises(ValueError, match="without a reason"):
        audit.accepted("id,until,reason\nGHSA-1,2026-12-31,\n", date(2026, 1, 1))
    file = tmp_path / "accepted.csv"
    monkeypatch.setattr(audit, "ACCEPTED", file)
    file.write_text(text.replace("2026", "9998"), encoding="utf-8")
    asked = "import sys; sys.exit(sys.argv[1:] != ['--ignore-vuln', 'GHSA-1'])"
    assert audit.main([sys.executable, "-c", asked]) == 0
    assert "but GHSA-1" in capsys.readouterr().out
    file.write_text(text.replace("2026", "1998"), encoding="utf-8")
    assert audit.main([sys.executable, "-c", asked]) == 1


def test_the_accepted_vulnerabilities_are_readable():
    audit.accepted(audit.ACCEPTED.read_text(encoding="utf-8"), date(1970, 1, 1))
