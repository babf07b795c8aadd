"""Expressions of the user's own, put to the real promtool before anything is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from loadgen.config import ConfigError, load_config
from loadgen.model.plan import Plan
from loadgen.plan import RunRequest, compile_plan
from loadgen.run.expressions import check_expressions
from loadgen.storage import REPOSITORY
from tests.plans import QUERY_OPTIONS, query

pytestmark = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")

SHIPPED = load_config(REPOSITORY / "loadgen" / "config" / "load_test_config.yaml")
SMOKE = SHIPPED.scenarios["smoke"]
ASKING = replace(
    SHIPPED, scenarios={**SHIPPED.scenarios, "smoke": replace(SMOKE, criteria={**SMOKE.criteria, "query": None})}
)
MISTAKES = {
    "max(up": "unclosed left parenthesis",
    "maxx(up)": "unknown function",
    "rate(up)": "expected type range vector",
    "up[5m]": "it is a range vector or a text",
    "'text'": "it is a range vector or a text",
    "up +": "unexpected end of input",
    "up 1": "unexpected number",
}
SOUND = ("up", "up # said\n", "time()", "1", "sum by (job) (up) or vector(0)", 'x{run_id="$run_id"}', "up == bool 1")


def asking(*expressions: str) -> Plan:
    plan = compile_plan(SHIPPED, RunRequest(scenario="smoke"), now_id="20251130120000")
    criteria = tuple(
        query(id=f"query:{place}", options=QUERY_OPTIONS | {"expr": text}) for place, text in enumerate(expressions)
    )
    return replace(plan, criteria=criteria)


def test_every_mistake_is_named_with_its_place_and_nothing_sound_is(tmp_path: Path):
    with pytest.raises(ConfigError) as caught:
        check_expressions(ASKING, asking(*MISTAKES, *SOUND), tmp_path)
    problems = caught.value.problems
    assert len(problems) == len(MISTAKES)
    for place, (problem, words) in enumerate(zip(problems, MISTAKES.values(), strict=True)):
        assert problem.key == "scenarios.smoke.criteria[2]"
        assert problem.text.startswith(f"query:{place}: ")
        assert words in problem.text
        assert problem.text.endswith("; allowed: PromQL that this Prometheus takes")


def test_sound_expressions_are_found_so_and_a_plan_without_any_says_nothing(tmp_path: Path):
    found = check_expressions(ASKING, asking(*SOUND), tmp_path)
    assert found is not None
    assert (found.name, found.state) == ("queries", "ok")
    assert check_expressions(SHIPPED, asking(), tmp_path) is None


def test_without_promtool_it_is_said_that_the_check_comes_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(only_prometheus(tmp_path)))
    found = check_expressions(ASKING, asking("max(up"), tmp_path)
    assert found is not None
    assert found.state == "warning"
    assert "promtool" in found.text


def only_prometheus(folder: Path) -> Path:
    """A folder with the real Prometheus and no promtool beside it."""
    program = shutil.which("prometheus")
    assert program is not None
    (folder / "bin").mkdir()
    (folder / "bin" / "prometheus").symlink_to(program)
    return folder / "bin"
