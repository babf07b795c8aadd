"""What a run leaves in its folder: the records, the failures, Locust's own files, the summary, the logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Verdict
from loadgen.storage import save, write_whole
from loadgen.verdict.text import summary

LOCUST_SUFFIXES = (".html", ".json", "_stats.csv", "_stats_history.csv", "_failures.csv", "_exceptions.csv")


def save_judgement(folder: Path, plan: Plan, record: RunRecord, evidence: Evidence, verdict: Verdict) -> None:
    """Write what was found. The verdict comes last: where it stands, everything else does too. Raises OSError."""
    save(folder / "run.json", record)
    save(folder / "evidence.json", evidence)
    write_whole(folder / "analysis" / "summary.txt", summary(plan, evidence, verdict).encode())
    save(folder / "verdict.json", verdict)


def bring_results(work: Path, folder: Path, failure_samples: int) -> None:
    """Bring Locust's own files and what the workers kept of single operations from the work folder. Raises OSError."""
    for suffix in LOCUST_SUFFIXES:
        source = work / f"locust{suffix}"
        if source.exists():
            write_whole(folder / f"locust_{folder.name}{suffix}", source.read_bytes())
    write_whole(folder / "failures.jsonl", b"".join(_first(_lines(work, "failures"), failure_samples)))
    if any(work.glob("requests-*.jsonl")):
        write_whole(folder / "requests.jsonl", b"".join(line for _, line in _lines(work, "requests")))


def _lines(work: Path, kind: str) -> list[tuple[dict[str, Any], bytes]]:
    """The lines of all workers by time; the last one of a worker that was killed may be torn and is left out."""
    found = []
    for piece in sorted(work.glob(f"{kind}-*.jsonl")):
        for line in piece.read_bytes().splitlines(keepends=True):
            try:
                found.append((msgspec.json.decode(line, type=dict[str, Any]), line))
            except msgspec.DecodeError:
                continue
    return sorted(found, key=lambda entry: entry[0]["time"])


def _first(lines: list[tuple[dict[str, Any], bytes]], samples: int) -> Iterator[bytes]:
    """The first few of each operation and reason: every worker has kept so many for itself."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for entry, line in lines:
        kind = (entry["test_type"], entry["operation"], entry["reason"])
        seen[kind] += 1
        if seen[kind] <= samples:
            yield line


@contextmanager
def logs_kept(work: Path, folder: Path) -> Iterator[None]:
    """Afterwards the logs of all processes stand in the run folder, however the run ended."""
    try:
        yield
    finally:
        for log in sorted((work / "logs").glob("*.log")):
            write_whole(folder / "logs" / log.name, log.read_bytes())
