"""What a run leaves: all its files, a judgement to be repeated, hostile names, users where the plan wants them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema

from loadgen.model.comparison import Comparison
from loadgen.model.evidence import Series
from loadgen.model.plan import Plan
from loadgen.shapes.curve import active_of
from loadgen.storage import load, write_whole
from tests.e2e.harness import ROOT, Finished

Run = Callable[..., Finished]

HOSTILE = 'chat"} or vector(1) # </script>=cmd|{{ $labels }} \\ ../../x'
JUMP: dict[str, Any] = {
    "criteria": {"recovery": {"bound": "4s", "hold": "3s", "window": "4s", "minimum_answers": 5}},
    "scenarios": {
        "quick": {
            "users": 40,
            "spawn_rate": 40,
            "duration": "23s",
            "shape": {"kind": "spike", "base_users": 10, "before": "6s", "after": "9s"},
            "criteria": ["latency", "errors", "recovery"],
        }
    },
}


def judged_again(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loadgen", "judge", str(folder)],
        cwd=ROOT,
        env={**os.environ, "LOADGEN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_passed_run_is_complete_and_its_judgement_is_repeated_without_prometheus(run: Run, home: Path) -> None:
    finished = run(report=True)
    assert finished.code == 0, finished.output
    assert finished.folder is not None
    stamp = finished.folder.name
    wanted = {
        "plan.json", "run.json", "evidence.json", "verdict.json", "failures.jsonl", "junit.xml", "summary.md",
        f"locust_{stamp}.html", f"locust_{stamp}.json", f"locust_{stamp}_stats.csv",
        f"locust_report_{stamp}.html", f"locust_report_{stamp}.json", f"locust_report_{stamp}_stats.csv",
        "analysis/summary.txt", "analysis/metrics.csv", "analysis/response_time_by_endpoint.png",
        "analysis/p95_response_time.png", "analysis/error_rate_by_endpoint.png",
    }  # fmt: skip
    assert wanted <= {str(path.relative_to(finished.folder)) for path in finished.folder.rglob("*")}
    assert f"report in {finished.folder}/locust_report_{stamp}.html" in finished.output
    report = json.loads((finished.folder / f"locust_report_{stamp}.json").read_text())
    jsonschema.Draft202012Validator(json.loads((ROOT / "docs/report.schema.json").read_text())).validate(report)
    assert all(row["count"] for row in report["rows"] if not row["name"])
    before = (finished.folder / "verdict.json").read_bytes()
    again = judged_again(finished.folder, home)
    assert again.returncode == 0, again.stderr
    assert (finished.folder / "verdict.json").read_bytes() == before
    assert finished.output.splitlines()[-1].startswith("PASS (exit code 0)")


def test_judging_what_is_no_run_says_so_and_ends_in_3(tmp_path: Path) -> None:
    answer = judged_again(tmp_path, tmp_path)
    assert answer.returncode == 3
    assert "is no run under reports" in answer.stderr
    assert "Traceback" not in answer.stderr


def compared_with_its_copy(finished: Finished, home: Path) -> tuple[int, Comparison]:
    """The exit code and the record of `loadgen compare` of a run with the same records under another run's name."""
    assert finished.folder is not None
    copy = finished.folder.parent / "copy"
    for record in ("plan.json", "run.json", "evidence.json", "verdict.json"):
        text = (finished.folder / record).read_text()
        write_whole(copy / record, text.replace(finished.plan.run_id, f"{finished.plan.run_id}-2").encode())
    words = ["--base", str(finished.folder), "--run", str(copy), "--output", str(copy / "compared")]
    answer = subprocess.run(
        [sys.executable, "-m", "loadgen", "compare", *words],
        cwd=ROOT,
        env={**os.environ, "LOADGEN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode in (0, 2), answer.stderr
    return answer.returncode, load(copy / "compared" / "comparison.json", Comparison)


def test_a_hostile_operation_name_changes_no_query_no_metric_no_path_and_no_comparison(run: Run, home: Path) -> None:
    operations = {"rest": {HOSTILE: {"call": "chat", "weight": 50, "timeout": "5s"}}}
    finished = run({"operations": operations}, args=("--test-type", "rest"))
    assert finished.code == 0, finished.output
    (count,) = [c for c in finished.record.locust or () if c.name == HOSTILE]
    seen = sum(t.requests for t in finished.evidence.tallies if t.name == HOSTILE)
    assert seen == count.requests > 0
    assert {t.name for t in finished.evidence.tallies} <= {o.name for o in finished.plan.operations}
    code, found = compared_with_its_copy(finished, home)
    assert (found.exit_code, found.forced) == (code, ())
    (row,) = [one for one in found.compared if one.name == HOSTILE]
    assert {one.difference for one in row.measures} <= {0.0, None}
    assert all(one.base == one.run for one in row.measures)


def test_the_target_counted_what_the_client_counted(run: Run) -> None:
    finished = run()
    assert any("The target counted the same" in note for note in finished.verdict.notes), finished.verdict.notes


def test_the_active_users_follow_the_plan_within_a_second_up_and_down(run: Run) -> None:
    finished = run(JUMP)
    assert finished.code == 0, finished.output
    plan, started = finished.plan, finished.record.started
    assert started is not None
    for series in (s for s in finished.evidence.series if s.name == "users"):
        assert not _astray(series, plan, started), f"{series.labels}: {_astray(series, plan, started)}"


def _astray(series: Series, plan: Plan, started: float) -> list[tuple[float, float]]:
    """Moments at which another number of users worked than the plan wants at any moment of the second around it.

    A sample shows what was up to a scrape interval before, and the workers write their gauge ten times a second.
    """
    found = []
    for at, value in zip(series.times, series.values, strict=True):
        elapsed = at - started
        if value is None or not 2 <= elapsed < plan.duration:
            continue
        near = [active_of(plan, series.labels["test_type"], elapsed + k / 20) for k in range(-42, 21)]
        if not min(near) <= value <= max(near):
            found.append((elapsed, value))
    return found
