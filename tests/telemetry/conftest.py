"""A run's counters, seen from both sides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loadgen.model.plan import Plan
from tests.telemetry.seen import Seen


@pytest.fixture
def seen(tmp_path: Path) -> Callable[[Plan], Seen]:
    """Creates the counters of a plan in `tmp_path` and looks at them."""
    return lambda plan: Seen(tmp_path, plan)
