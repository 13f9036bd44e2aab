"""Checks run side by side: one that crashes or hangs is a finding, and hides nobody's."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from sellerops.base.errors import ConfigurationError
from sellerops.doctor.check import Check
from sellerops.doctor.finding import Finding, State, worst
from sellerops.doctor.installation import Installation
from sellerops.doctor.running import CheckRunner, run_checks


def _nowhere() -> str:
    raise ConfigurationError("does not exist.", where="connection x", remedy="Add it.")


NOWHERE = Installation(_nowhere, _nowhere, _nowhere)


def _fine(installation: Installation) -> Iterator[Finding]:
    yield Finding("fine", State.OK, "Looked.")


def _crashing(installation: Installation) -> Iterator[Finding]:
    yield Finding("crashing", State.OK, "Looked at half of it.")
    raise RuntimeError("no such thing: password=hunter2hunter2\nsecond line")


def _unaddressed(installation: Installation) -> Iterator[Finding]:
    installation.reader()
    yield Finding("unaddressed", State.OK, "never said")


def test_a_check_that_crashes_is_a_finding_and_the_others_are_there() -> None:
    found = run_checks((Check("crashing", _crashing), Check("fine", _fine)), NOWHERE)
    assert [(each.check, each.state) for each in found] == [("crashing", State.FAILED), ("fine", State.OK)]
    assert found[0].what.startswith("The check itself failed: RuntimeError: no such thing")
    assert "hunter2" not in found[0].what
    assert "second line" not in found[0].what
    assert found[0].remedy


def test_a_missing_connection_is_told_with_its_own_remedy() -> None:
    (found,) = run_checks((Check("unaddressed", _unaddressed),), NOWHERE)
    assert found == Finding("unaddressed", State.FAILED, "connection x: does not exist.", "Add it.")


def test_a_check_that_hangs_is_not_started_again_before_it_ends() -> None:
    go_on, begun = threading.Event(), []

    def hang(installation: Installation) -> Iterator[Finding]:
        begun.append(1)
        go_on.wait(60)
        yield Finding("slow", State.OK, "At last.")

    runner = CheckRunner((Check("slow", hang, seconds=0.05), Check("fine", _fine)), NOWHERE)
    for _ in range(3):
        slow, fine = runner.run()
        assert (slow.state, fine.state) == (State.FAILED, State.OK)
        assert "did not answer within" in slow.what
    assert len(begun) == 1
    go_on.set()
    while (slow := runner.run()[0]).state is State.FAILED:
        pass
    assert slow.what == "At last."


def test_fresh_findings_are_repeated() -> None:
    asked = []

    def count(installation: Installation) -> Iterator[Finding]:
        asked.append(1)
        yield Finding("count", State.OK, "Looked.")

    for fresh_for, times in ((3600.0, 1), (0.0, 3)):
        asked.clear()
        runner = CheckRunner((Check("count", count, fresh_for=fresh_for),), NOWHERE)
        for _ in range(3):
            runner.run()
        assert len(asked) == times


def test_the_worst_state_counts() -> None:
    findings = [Finding("a", state, "") for state in (State.OK, State.WARNING)]
    assert worst([]) is State.OK
    assert worst(findings) is State.WARNING
    assert worst([*findings, Finding("a", State.FAILED, "")]) is State.FAILED
