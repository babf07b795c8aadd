"""What `loadgen runs` and `loadgen baseline` do; each returns what is to be printed."""

from __future__ import annotations

from pathlib import Path

from loadgen.history.folders import kept_folders, resolve
from loadgen.history.kept import keep, kind_of, remove
from loadgen.history.listing import as_json, baselines_of, baselines_text, runs_of, runs_text
from loadgen.model.inert import inert
from loadgen.model.verdict import PASS


def show_runs(output: Path, *, json: bool) -> str:
    """Every run under `output`."""
    found = runs_of(output)
    return as_json(found) if json else runs_text(found, output)


def show_baselines(output: Path, *, json: bool) -> str:
    """Every kept baseline."""
    found = baselines_of(output)
    return as_json(found) if json else baselines_text(found, output)


def set_baseline(output: Path, word: str, name: str | None) -> str:
    """Keep the run that `word` names. Raises ValueError for what cannot be kept, OSError when it cannot be written."""
    before = {folder.name: kind for folder in kept_folders(output) if (kind := kind_of(folder))}
    name, run = keep(output, resolve(output, word), name)
    verdict = run.verdict.verdict
    unfit = "" if verdict == PASS else "; throughput is not measured against it, for it did not pass"
    old = before.get(name)
    replaced = f", in place of {old.run_id}" if old and old.run_id != run.plan.run_id else ""
    return inert(f"{run.plan.run_id}, which ended in {verdict}, is kept as {name}{replaced}{unfit}") + "\n"


def remove_baseline(output: Path, name: str) -> str:
    """Forget one. Raises ValueError when there is none of that name, OSError when it cannot be deleted."""
    remove(output, name)
    return f"{name} is kept no more\n"
