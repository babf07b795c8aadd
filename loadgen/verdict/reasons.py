"""Why a run is INVALID, in words that do for a label: ids of checks, and what else decides it."""

from __future__ import annotations

from loadgen.model.record import RunRecord
from loadgen.model.verdict import INVALID, UNKNOWN, Verdict

SAMPLES = "samples"
"""Before a criterion that could not be judged: too few samples, no baseline, no answer."""

NO_CRITERIA = "no-criteria"


def reasons(record: RunRecord, verdict: Verdict) -> tuple[str, ...]:
    """How the run ended, unless as planned or by its own criterion, and the checks that failed; else what is unknown.

    Nothing for a run that passed or failed. `record.outcome` stands as it is, such as `interrupted` or `environment`.
    """
    if verdict.verdict != INVALID:
        return ()
    planned = record.outcome == "completed" or record.aborted_by is not None
    ended = () if planned else (record.outcome,)
    failed = tuple(check.id for check in verdict.validity if not check.ok)
    unknown = tuple(f"{SAMPLES}:{line.criterion}" for line in verdict.criteria if line.status == UNKNOWN)
    return (*ended, *failed) or unknown or (NO_CRITERIA,)
