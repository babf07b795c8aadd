"""What a run leaves in its folder: the records, the failures, Locust's own files, the summary, the logs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Verdict
from loadgen.storage import save, write_whole
from loadgen.verdict.text import summary

LOCUST_SUFFIXES = (".html", ".json", "_stats.csv", "_stats_history.csv", "_failures.csv", "_exceptions.csv")


def save_judgement(folder: Path, plan: Plan, record: RunRecord, evidence: Evidence | None, verdict: Verdict) -> None:
    """Write what was found. The verdict comes last: where it stands, everything else does too. Raises OSError."""
    save(folder / "run.json", record)
    if evidence is not None:
        save(folder / "evidence.json", evidence)
        write_whole(folder / "analysis" / "summary.txt", (summary(plan, evidence, verdict) + "\n").encode())
    save(folder / "verdict.json", verdict)


@contextmanager
def collected(work: Path, folder: Path) -> Iterator[None]:
    """Afterwards the workers' and Locust's own files and the logs stand in the run folder, however the run ended."""
    try:
        yield
    finally:
        _bring(work, folder)


def _bring(work: Path, folder: Path) -> None:
    for suffix in LOCUST_SUFFIXES:
        source = work / f"locust{suffix}"
        if source.exists():
            shutil.move(source, folder / f"locust_{folder.name}{suffix}")
    for kind in ("failures", "requests"):
        pieces = sorted(work.glob(f"{kind}-*.jsonl"))
        if pieces or kind == "failures":
            write_whole(folder / f"{kind}.jsonl", b"".join(piece.read_bytes() for piece in pieces))
    if (work / "logs").exists():
        shutil.copytree(work / "logs", folder / "logs", dirs_exist_ok=True)
