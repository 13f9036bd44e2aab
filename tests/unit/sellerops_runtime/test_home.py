"""The demo's folder, and that only one demo uses it at a time."""

import os
import pwd
import tempfile
from pathlib import Path

import pytest

from sellerops_runtime import home as home_module
from sellerops_runtime.errors import AlreadyRunning, StartError
from sellerops_runtime.home import Home, can_enter, choose_home

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")


@pytest.fixture
def open_folder():
    """A folder every user can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="sellerops-home-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_the_variable_decides(tmp_path):
    assert choose_home({"DEMO_HOME": str(tmp_path / "here")}).path == tmp_path / "here"


def test_an_ordinary_users_state_is_in_the_project(monkeypatch, tmp_path):
    monkeypatch.setattr(home_module, "service_user", lambda: None)
    assert choose_home({}, tmp_path) == Home(tmp_path / ".demo")


@as_root
def test_roots_state_is_in_the_project_when_others_may_enter_it(open_folder):
    assert choose_home({}, open_folder) == Home(open_folder / ".demo")


@as_root
def test_roots_state_is_elsewhere_when_postgres_may_not_enter_the_project(open_folder):
    project = open_folder / "closed" / "project"
    project.mkdir(parents=True)
    project.parent.chmod(0o700)
    chosen = choose_home({}, project)
    assert chosen.path.parent == Path("/var/tmp")
    assert f"cannot enter {project}" in chosen.reason
    assert choose_home({}, project) == chosen
    assert choose_home({}, open_folder / "closed" / "other") != chosen


@as_root
def test_can_enter_reports_what_the_user_can_do(open_folder):
    nobody = pwd.getpwnam("nobody")
    assert can_enter(open_folder, nobody)
    open_folder.chmod(0o700)
    assert not can_enter(open_folder, nobody)


def test_a_folder_in_use_is_refused_and_free_again_afterwards(tmp_path):
    home = Home(tmp_path / "state")
    with (
        home.locked(),
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()}.*DEMO_HOME"),
        home.locked(),
    ):
        pass
    with home.locked():
        assert (home.path / "lock").read_text() == str(os.getpid())


def test_a_folder_that_cannot_be_made_is_named_with_the_variable(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"file/state: cannot be created.*Set DEMO_HOME"):
        Home(tmp_path / "file" / "state").create()


def test_others_may_pass_through_the_folder_but_not_list_it(tmp_path):
    home = Home(tmp_path / "state")
    home.create()
    assert home.path.stat().st_mode & 0o777 == 0o711
