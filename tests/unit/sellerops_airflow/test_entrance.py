"""The doctor's check of passwords, keys and TLS in Airflow's settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sellerops.doctor.finding import State
from sellerops.doctor.installation import Installation
from sellerops_airflow.doctor.entrance import examine_entrance

NOBODY = Installation(lambda: "", lambda: "", lambda: "")
MANAGERS = "airflow.api_fastapi.auth.managers"
SOUND = {
    "AIRFLOW__CORE__AUTH_MANAGER": f"{MANAGERS}.simple.simple_auth_manager.SimpleAuthManager",
    "AIRFLOW__CORE__FERNET_KEY": "aGVsbG8taGVsbG8taGVsbG8taGVsbG8taGVsbG8tMTI=",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
    "AIRFLOW__API_AUTH__JWT_SECRET": "x" * 48,
    "AIRFLOW__API__BASE_URL": "https://airflow.example.com",
}


@pytest.fixture
def passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "passwords.json"
    path.write_text(json.dumps({"admin": "7f3c9a1e5b2d"}), encoding="utf-8")
    for name, value in SOUND.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(path))
    return path


def test_a_locked_door_is_fine(passwords: Path) -> None:
    (found,) = examine_entrance(NOBODY)
    assert (found.state, found.what) == (State.OK, "SimpleAuthManager at https://airflow.example.com.")


@pytest.mark.parametrize(
    ("variable", "value", "state", "words"),
    [
        ("AIRFLOW__CORE__FERNET_KEY", "", State.FAILED, "no Fernet key"),
        ("AIRFLOW__API_AUTH__JWT_SECRET", "secret", State.FAILED, "JWT secret has fewer than 32"),
        ("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True", State.FAILED, "without logging in"),
        ("AIRFLOW__API__BASE_URL", "http://airflow.example.com:8080", State.WARNING, "without TLS"),
    ],
)
def test_what_is_open_is_found(
    passwords: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, state: State, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    (found,) = examine_entrance(NOBODY)
    assert found.state is state
    assert words in found.what
    assert found.remedy


@pytest.mark.parametrize(("password", "words"), [("admin", "is the user's name"), ("", "is empty")])
def test_a_password_that_everybody_knows_is_found(passwords: Path, password: str, words: str) -> None:
    passwords.write_text(json.dumps({"admin": password, "ada": "7f3c9a1e5b2d"}), encoding="utf-8")
    (found,) = examine_entrance(NOBODY)
    assert (found.state, found.what) == (State.FAILED, f"The password of user admin {words}.")


def test_at_home_tls_is_not_asked_for(passwords: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://127.0.0.1:8080")
    (found,) = examine_entrance(NOBODY)
    assert found.state is State.OK
