"""One version everywhere: package, command line, provider, and the newest heading of the changelog."""

from __future__ import annotations

import re
import tomllib

import pytest

from sellerops import __version__, cli
from sellerops_airflow.provider_info import get_provider_info
from sellerops_runtime.home import PROJECT_ROOT


def text_of(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def test_metadata_and_provider_have_the_version_of_the_package() -> None:
    assert tomllib.loads(text_of("pyproject.toml"))["project"]["version"] == __version__
    folder = f"plugins/sellerops_airflow-{__version__}.dist-info"
    assert f"\nVersion: {__version__}\n" in text_of(f"{folder}/METADATA")
    assert get_provider_info()["versions"] == [__version__]


def test_the_changelog_begins_with_the_version_or_with_what_is_not_released_yet() -> None:
    headings = re.findall(r"^## (.+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    released = [each for each in headings if each != "Unreleased"]
    assert len(headings) - len(released) <= 1
    assert re.fullmatch(rf"{re.escape(__version__)} - \d{{4}}-\d\d-\d\d", released[0])


def test_the_command_line_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"sellerops {__version__}\n"
