"""A verdict goes to one's own Alertmanagers; to those that somebody else's Prometheus names, only where allowed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loadgen.run import orchestrate
from loadgen.run.notified import parted, untold
from tests.small_plan import small_plan

NEAR, FAR = "http://127.0.0.1:9093/api/v2/alerts", "http://203.0.113.9:9093/api/v2/alerts"


def test_this_machine_and_what_was_named_may_hear():
    assert parted([NEAR, FAR, "nonsense"], ()) == ([NEAR], [FAR, "nonsense"])
    assert parted([NEAR, FAR], ("203.0.113.9",)) == ([NEAR, FAR], [])


def test_who_was_not_told_is_named_with_what_to_do_and_without_secrets():
    said = untold("http://june:hunter2@203.0.113.9:9093/x?token=hunter2")
    assert "--allow-host 203.0.113.9" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("ours, told", [(True, [NEAR, FAR]), (False, [NEAR])])
def test_what_is_told_names_the_results_and_not_where_they_lie_here(
    monkeypatch: pytest.MonkeyPatch, ours: bool, told: list[str]
):
    posted: list[tuple[Any, ...]] = []
    monkeypatch.setattr(orchestrate, "announce", lambda *given: posted.append(given))
    said: list[str] = []
    course: Any = SimpleNamespace(
        _assembly=SimpleNamespace(server=SimpleNamespace(ours=ours)), _listener=SimpleNamespace(said=said.append)
    )
    ending: Any = SimpleNamespace(plan=small_plan(), verdict="the verdict", folder=Path("/srv/reports/smoke/1"))
    client: Any = SimpleNamespace(alertmanagers=lambda: (NEAR, FAR))
    orchestrate._Course._announce(course, client, ending)
    ((heard, _, verdict, folder),) = posted
    assert (list(heard), verdict, folder) == (told, "the verdict", Path("smoke/1"))
    assert [text.startswith("note: The verdict was not sent") for text in said] == [True] * (not ours)
