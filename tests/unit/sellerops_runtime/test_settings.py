"""airflow_settings.yaml is read strictly, with variables substituted and incomplete entries skipped."""

import json
import re

import pytest
from support.sandbox import SandboxServer

from sellerops.base.errors import ConfigurationError
from sellerops_runtime.local_amazon import sandbox_environment
from sellerops_runtime.settings import (
    SETTINGS_FILE,
    ConnectionSetting,
    _assign,
    is_optional,
    read_settings,
    substitute_variables,
    write_passwords,
)

EXAMPLE = """
airflow:
  connections:
    - conn_id: shop
      conn_type: amazon_sp
      conn_host: ${HOST:-}
      conn_login: ${LOGIN}
      conn_password: ${PASSWORD}
      conn_port:
      conn_extra: {refresh_token: "Atzr|${TOKEN}", token_url: "${TOKEN_URL:-}"}
  pools:
    - {pool_name: shop, pool_slot: 4, pool_description: }
  variables:
    - {variable_name: place, variable_value: "${PLACE:-/tmp}/archive"}
"""


@pytest.fixture
def example(tmp_path):
    path = tmp_path / "airflow_settings.yaml"
    path.write_text(EXAMPLE)
    return read_settings(path)


def test_placeholders_are_filled_in_at_any_depth(example):
    loaded = substitute_variables(
        example, {"LOGIN": "me", "PASSWORD": "pa$$ {w}", "TOKEN": "1", "PLACE": "/data"}
    )
    marketplace = loaded.settings.connections[0]
    assert (
        marketplace.conn_login,
        marketplace.conn_password,
        marketplace.conn_host,
        marketplace.conn_port,
    ) == ("me", "pa$$ {w}", "", "")
    assert marketplace.conn_extra == {"refresh_token": "Atzr|1", "token_url": ""}
    assert loaded.settings.variables[0].variable_value == "/data/archive"
    assert loaded.skipped == {}


def test_an_entry_whose_variables_are_not_set_is_left_out_and_named(example):
    loaded = substitute_variables(example, {"LOGIN": "me", "PASSWORD": ""})
    assert loaded.settings.connections == []
    assert loaded.skipped == {"connection shop": ["PASSWORD", "TOKEN"]}
    assert loaded.settings.variables[0].variable_value == "/tmp/archive"
    assert loaded.settings.pools[0].pool_slot == 4


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("conn_login:", "conn_user:"), r"airflow.connections.0.conn_user: Extra inputs are not permitted"),
        (("pool_slot: 4", "pool_slot: none"), r"airflow.pools.0.pool_slot: Input should be a valid integer"),
        (("pool_slot: 4", "pool_slot: 0"), r"airflow.pools.0.pool_slot: Input should be greater than 0"),
        (("- conn_id: shop", "- conn_ids: shop"), r"airflow.connections.0.conn_id: Field required"),
    ],
)
def test_a_wrong_key_is_refused_with_its_place(tmp_path, change, complaint):
    path = tmp_path / "airflow_settings.yaml"
    path.write_text(EXAMPLE.replace(*change))
    with pytest.raises(ConfigurationError, match=complaint):
        read_settings(path)


def test_secrets_do_not_show_when_a_setting_is_printed(example):
    loaded = substitute_variables(example, {"LOGIN": "me", "PASSWORD": "hidden-1", "TOKEN": "hidden-2"})
    assert "me" in repr(loaded)
    assert "hidden" not in repr(loaded)


class FakeConnection:
    """Accepts what Airflow's Connection accepts."""

    def set_password(self, value):
        self.password = value

    def set_extra(self, value):
        self.extra = value


def test_empty_fields_become_none_and_extra_json():
    entry = ConnectionSetting(
        conn_id="x", conn_type="postgres", conn_port="5432", conn_extra={"a": "1", "empty": "", "no": False}
    )
    connection = _assign(FakeConnection(), entry)
    assert (connection.conn_type, connection.host, connection.port) == ("postgres", None, 5432)
    assert connection.password is None
    assert json.loads(connection.extra) == {"a": "1", "no": False}


def test_a_port_that_is_none_is_refused_by_the_connections_name():
    with pytest.raises(ConfigurationError, match="connection x, conn_port"):
        _assign(FakeConnection(), ConnectionSetting(conn_id="x", conn_port="web"))


def test_the_password_file_is_its_owners_alone(tmp_path):
    write_passwords(tmp_path / "keys" / "passwords.json", {"admin": "x"})
    path = tmp_path / "keys" / "passwords.json"
    assert json.loads(path.read_text()) == {"admin": "x"}
    assert path.stat().st_mode & 0o077 == 0


def test_all_that_the_demo_sets_is_all_that_is_needed():
    """The demo's `settings --strict` must not require what only some users have."""
    names = set(
        re.findall(
            r"\$\{(SELLEROPS_(?:WAREHOUSE|READER)_[A-Z]+|SELLEROPS_ARCHIVE_URI)", SETTINGS_FILE.read_text()
        )
    )
    with SandboxServer() as sandbox:
        environment = {**sandbox_environment(sandbox.url), **dict.fromkeys(names, "set")}
    assert all(map(is_optional, substitute_variables(read_settings(), environment).skipped))
