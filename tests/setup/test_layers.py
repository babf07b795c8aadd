"""Imports point downwards, and the contracts that say so really notice when one does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the packages below `root` against its pyproject.toml."""
    return subprocess.run([LINT_IMPORTS, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)


BREACHES = [
    ("loadgen.model.broken", "import loadgen.plan", "loadgen.model.broken -> loadgen.plan"),
    ("loadgen.criteria.broken", "from loadgen import config", "loadgen.criteria.broken -> loadgen.config"),
    ("loadgen.newroom", "", "- loadgen.newroom"),
    ("loadgen.run.broken", "from loadgen.users import rest_user", "loadgen.run.broken -> loadgen.users"),
    ("loadgen.plan.broken", "import time", "loadgen.plan.broken -> time"),
    ("loadgen.shapes.broken", "import os", "loadgen.shapes.broken -> os"),
    ("loadgen.query.broken", "import gevent", "loadgen.query.broken -> gevent"),
    ("sim.broken", "import loadgen.model.plan", "sim.broken -> loadgen.model.plan"),
    ("loadgen.telemetry.broken", "import sim", "loadgen.telemetry.broken -> sim"),
    ("loadgen.rules.broken", "import exporters", "loadgen.rules.broken -> exporters"),
    ("exporters.core.broken", "import loadgen.model", "exporters.core.broken -> loadgen.model"),
    ("exporters.host.broken", "import sim", "exporters.host.broken -> sim"),
    ("exporters.core.wrong", "import exporters.host", "exporters.core.wrong -> exporters.host"),
    ("exporters.dbpool.broken", "import exporters.host.cpu", "exporters.dbpool.broken -> exporters.host.cpu"),
    ("sim.wrong", "import exporters.core.guard", "sim.wrong -> exporters.core.guard"),
]
"""A module, the line in it that is forbidden, and how its breach is reported."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy of our packages into which every breach was put."""
    root = tmp_path_factory.mktemp("house")
    for package in ("loadgen", "sim", "exporters"):
        shutil.copytree(REPOSITORY / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    for module, line, _ in BREACHES:
        (root / module.replace(".", "/")).with_suffix(".py").write_text(f"{line}\n")
    answer = lint_imports(root)
    assert answer.returncode != 0
    return answer.stdout


def test_imports_point_downwards():
    answer = lint_imports(REPOSITORY)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("said", [said for _, _, said in BREACHES])
def test_a_forbidden_import_is_noticed(report: str, said: str):
    assert said in report
