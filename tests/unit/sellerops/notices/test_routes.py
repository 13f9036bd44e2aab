"""Who gets which notice: the shipped rules, rules by family and account, and invalid files."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from support.specs import shipped_specs

from sellerops.base.errors import ConfigurationError
from sellerops.notices import Event, Kind, Routes, Target, load_routes
from sellerops.notices.routes import ROUTES, unknown_names
from sellerops.settings.accounts import load_accounts
from sellerops.settings.last_valid import keep_texts

TASK = Target("task", Kind.CLICKUP, "sellerops_clickup", "86sellerops")
LOG = Target("log", Kind.SLACK, "slack_default", "#seller-reports")
ALERT = Target("alert", Kind.SLACK, "slack_default", "#seller-reports-critical")

OWN = """
channels:
  log: {kind: slack, to: "#log"}
  finance: {kind: slack, to: "#finance", connection: slack_finance}
  chat: {kind: telegram, to: -100123}
  mail: {kind: email, to: [a@example.com, b@example.com]}
  task:
    kind: clickup
    to: T
    instead:
      - {families: payments, accounts: eu, to: T-payments-eu}
      - {families: [payments], to: T-payments}
rules:
  - {events: [success, drift], families: [payments], accounts: [eu], channels: []}
  - {events: success, accounts: us, channels: [chat, mail]}
  - {events: partial_failure, families: payments, channels: [finance, task]}
  - events: [success, partial_failure, critical_failure, quarantine, drift, deprecation, needs_a_person, late, summary]
    channels: [log]
"""  # noqa: E501


@pytest.fixture
def own(tmp_path: Path) -> Routes:
    path = tmp_path / "notices.yaml"
    path.write_text(OWN)
    return load_routes(path)


@pytest.mark.parametrize(
    ("event", "targets"),
    [
        (Event.SUCCESS, {TASK}),
        (Event.PARTIAL_FAILURE, {TASK, LOG}),
        (Event.CRITICAL_FAILURE, {TASK, ALERT}),
        (Event.QUARANTINE, {LOG}),
        (Event.DRIFT, {LOG}),
        (Event.DEPRECATION, {LOG}),
        (Event.NEEDS_A_PERSON, {TASK, ALERT}),
        (Event.LATE, {TASK, ALERT}),
        (Event.INBOUND_APPROVAL, {TASK, ALERT}),
        (Event.INBOUND_DEADLINE, {TASK, ALERT}),
        (Event.INBOUND_DIFFERENCE, {TASK, LOG}),
    ],
)
def test_the_first_users_rules_are_the_default(event: Event, targets: set[Target]) -> None:
    """Success: a comment only. Partial failure: comment and log. Critical: comment and alert."""
    routes = load_routes()
    families = {spec.family for spec in shipped_specs()}
    assert len(families) > 3
    for family in ("", *families):
        for accounts in ((), ("northwind_na",), ("northwind_na", "northwind_eu")):
            assert set(routes.targets(event, family, accounts)) == targets


def test_shipped_rules_name_only_known_families_and_accounts() -> None:
    assert unknown_names(load_routes(), {spec.family for spec in shipped_specs()}, load_accounts()) == []


def test_the_first_matching_rule_applies(own: Routes) -> None:
    def channels(event: Event, family: str, *accounts: str) -> list[str]:
        return [each.channel for each in own.targets(event, family, accounts)]

    assert channels(Event.SUCCESS, "sales", "us") == ["chat", "mail"]
    assert channels(Event.SUCCESS, "sales", "eu") == ["log"]
    assert channels(Event.SUCCESS, "payments", "eu") == [], "an empty list sends nothing"
    assert channels(Event.SUCCESS, "payments", "us") == ["chat", "mail"]
    assert channels(Event.SUCCESS, "sales", "us", "eu") == ["chat", "mail", "log"], (
        "all its accounts' rules count"
    )
    assert channels(Event.SUCCESS, "") == ["log"], "without an account only general rules match"
    assert channels(Event.PARTIAL_FAILURE, "payments", "us", "eu") == ["finance", "task", "task"]


def test_a_file_from_before_an_event_sends_it_like_needs_a_person(tmp_path: Path) -> None:
    rules = OWN.replace(
        "chat, mail]}", "chat, mail]}\n  - {events: inbound_difference, accounts: us, channels: [mail]}"
    )
    path = tmp_path / "notices.yaml"
    path.write_text(rules)
    routes = load_routes(path)

    def channels(event: Event, account: str) -> list[str]:
        return [each.channel for each in routes.targets(event, "fulfilment", [account])]

    assert channels(Event.INBOUND_APPROVAL, "us") == channels(Event.NEEDS_A_PERSON, "us") == ["log"]
    assert channels(Event.INBOUND_DIFFERENCE, "us") == ["mail"], "its own rule comes first"
    assert channels(Event.INBOUND_DIFFERENCE, "eu") == ["log"], "for the others"


def test_addresses_by_family_and_account(own: Routes) -> None:
    def tasks(family: str, *accounts: str) -> set[str]:
        found = own.channels["task"]
        return {found.target("task", family, account).to for account in accounts}

    assert tasks("sales", "eu") == {"T"}
    assert tasks("payments", "eu") == {"T-payments-eu"}
    assert tasks("payments", "us") == {"T-payments"}
    both = own.targets(Event.PARTIAL_FAILURE, "payments", ["us", "eu"])
    assert {each.to for each in both} == {"#finance", "T-payments", "T-payments-eu"}
    assert next(each for each in both if each.channel == "finance").connection == "slack_finance"
    (chat, mail) = own.targets(Event.SUCCESS, "sales", ["us"])
    assert (chat.to, mail.to) == ("-100123", "a@example.com, b@example.com")
    assert (chat.connection, mail.connection) == ("sellerops_telegram", "smtp_default")
    assert own.connections == {
        "slack_default", "slack_finance", "sellerops_clickup", "sellerops_telegram", "smtp_default"
    }  # fmt: skip


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration folder, and a folder that stores last valid versions."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(folder))
    monkeypatch.setenv("SELLEROPS_STATE_DIR", str(tmp_path / "state"))
    ROUTES._said.clear()
    return folder


def test_the_former_file_name_is_read_with_one_warning(
    config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (config / "notifications.yaml").write_text(OWN)
    with caplog.at_level(logging.WARNING):
        assert load_routes() == load_routes() == ROUTES.read()
    (warning,) = caplog.messages
    assert "notifications.yaml has a new name: rename it to notices.yaml" in warning
    (config / "notifications.yaml").rename(config / "notices.yaml")
    caplog.clear()
    assert set(load_routes().channels) == {"log", "finance", "chat", "mail", "task"}
    assert caplog.messages == []


def test_both_file_names_are_an_error_and_the_last_valid_one_stays(config: Path) -> None:
    (config / "notifications.yaml").write_text(OWN)
    before = load_routes()
    (config / "notices.yaml").write_text(OWN.replace("#log", "#other"))
    with pytest.raises(ConfigurationError) as caught:
        ROUTES.read()
    assert caught.value.where == str(config / "notifications.yaml")
    assert "notices.yaml, which exists too" in caught.value.cause
    assert "delete notifications.yaml" in caught.value.remedy
    assert load_routes() == before
    (config / "notifications.yaml").unlink()
    assert load_routes().channels["log"].to == "#other"


def test_what_an_earlier_version_stored_under_the_former_name_serves_too(config: Path) -> None:
    """After an upgrade, with both files there, or with the new one broken, notices still go out."""
    former = config / "notifications.yaml"
    keep_texts(config, "notifications.yaml", {str(former): OWN, str(config / "notices.yaml"): None})
    former.write_text(OWN)
    (config / "notices.yaml").write_text(OWN)
    assert set(load_routes().channels) == {"log", "finance", "chat", "mail", "task"}
    former.unlink()
    (config / "notices.yaml").write_text("rules: [")
    assert set(load_routes().channels) == {"log", "finance", "chat", "mail", "task"}


def test_unknown_names_are_listed(own: Routes) -> None:
    lines = unknown_names(own, ["payment", "sales"], ["us", "eu"])
    assert lines[0] == "rules.0.families: unknown report family 'payments'. Did you mean 'payment'?"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "rules.2.families", "channels.task.instead.0.families", "channels.task.instead.1.families"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "key", "remedy"),
    [
        ("channels: [log]", "channels: [logs]", "rules.3.channels", "Did you mean 'log'?"),
        ("families: payments, channels: [finance", "familes: payments, channels: [finance",
         "rules.2.familes", "Did you mean 'families'?"),
        ("kind: telegram", "kind: pager", "channels.chat.kind", "docs/notices.md"),
        ("to: -100123", "to: ''", "channels.chat.to", "docs/notices.md"),
        (", late, summary]", "]", "rules", "Add a rule"),
        ("events: success, accounts: us", "events: [sucess]", "rules.1.events.0", "docs/notices.md"),
        ("rules:\n", "rules:\n  - {events: [success, drift], channels: []}\n", "rules.1", "above"),
    ],
)  # fmt: skip
def test_a_wrong_file_names_its_key_and_a_remedy(
    tmp_path: Path, before: str, after: str, key: str, remedy: str
) -> None:
    assert before in OWN
    path = tmp_path / "notices.yaml"
    path.write_text(OWN.replace(before, after))
    with pytest.raises(ConfigurationError) as caught:
        load_routes(path)
    assert caught.value.where.startswith(f"{path}, key `{key}")
    assert remedy in caught.value.remedy
