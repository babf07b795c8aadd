"""The promise, checked in every run: the alerts that fired at the end are the lines that failed."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.criteria import KINDS
from loadgen.model.evidence import Evidence
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, Check, Line
from loadgen.verdict.aborted import fired


def agreement(record: RunRecord, evidence: Evidence, lines: Sequence[Line]) -> Check:
    """Alerts and lines agree, and so do the values that the run showed and those found again from the evidence.

    Of the criterion that stopped the run it is enough that its alert had fired: the last answers may have ended that.
    """
    if evidence.evaluated is None or (record.final_scrape is not None and evidence.evaluated < record.final_scrape):
        text = "Prometheus did not evaluate the rules after the last count, so the alerts do not confirm the verdict."
        return Check(id="agreement", ok=False, measured=None, bound=0.0, sentence=text)
    apart = [text for line in lines for text in _apart(line, record, evidence)]
    strangers = set(evidence.firing) - {line.criterion for line in lines}
    apart += [f"an alert fires for {name}, which the plan does not know" for name in sorted(strangers)]
    sentence = f"The alerts of all {len(lines)} criteria say what the verdict says."
    if apart:
        sentence = f"Alerts and verdict disagree: {'; '.join(apart)}."
    return Check(id="agreement", ok=not apart, measured=float(len(apart)), bound=0.0, sentence=sentence)


def _apart(line: Line, record: RunRecord, evidence: Evidence) -> list[str]:
    fires, failed = line.criterion in evidence.firing, line.status == FAILED
    fires = fires or (line.criterion == record.aborted_by and fired(evidence, line.criterion))
    found = []
    if fires != failed:
        found.append(f"the alert of {line.criterion} {'fires' if fires else 'is quiet'}, but its line is {line.status}")
    shown = evidence.values.get(line.criterion)
    if KINDS[line.kind].compute is not None and shown != line.measured:
        found.append(f"{line.criterion} was shown as {shown}, but the evidence gives {line.measured}")
    return found
