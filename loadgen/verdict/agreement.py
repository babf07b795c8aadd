"""The promise, checked in every run: the alerts that fired at the end are the lines that failed."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.criteria import KINDS
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, Check, Line
from loadgen.verdict.aborted import fired


def agreement(plan: Plan, record: RunRecord, evidence: Evidence, lines: Sequence[Line]) -> Check:
    """Alerts and lines agree, and so do the values that the run showed and those found again from the evidence.

    The plan's own rules must say what the lines say, and so must all acceptance alerts of the run, whoever's rules they
    come from: people are told by those too. Of the criterion that stopped the run it is enough that its alert had
    fired: the last answers may have ended that.
    """
    if evidence.evaluated is None or (record.final_scrape is not None and evidence.evaluated < record.final_scrape):
        text = "Prometheus did not evaluate the rules after the last count, so the alerts do not confirm the verdict."
        return Check(id="agreement", ok=False, measured=None, bound=0.0, sentence=text)
    apart = [text for line in lines for text in _apart(line, plan, record, evidence)]
    strangers = {*evidence.firing, *(evidence.alerting or ())} - {line.criterion for line in lines}
    apart += [f"an alert fires for {name}, which the plan does not know" for name in sorted(strangers)]
    sentence = f"The alerts of all {len(lines)} criteria say what the verdict says."
    if apart:
        sentence = f"Alerts and verdict disagree: {'; '.join(apart)}."
    return Check(id="agreement", ok=not apart, measured=float(len(apart)), bound=0.0, sentence=sentence)


def _apart(line: Line, plan: Plan, record: RunRecord, evidence: Evidence) -> list[str]:
    name, failed = line.criterion, line.status == FAILED
    stopped_it = name == record.aborted_by
    if stopped_it and not failed:
        return [f"{name} stopped the run, but neither its line nor what was recorded of it was ever beyond its bound"]
    had_fired = stopped_it and fired(plan, evidence, name)
    found = []
    if (fires := name in evidence.firing or had_fired) != failed:
        found.append(f"the alert of {name} {'fires' if fires else 'is quiet'}, but its line is {line.status}")
    elif evidence.alerting is not None and (name in evidence.alerting or had_fired) != failed:
        others = "an alert that no rule of the plan gives fires" if not failed else "its alert is not to be seen"
        found.append(f"of {name} {others}, but its line is {line.status}")
    shown = evidence.values.get(name)
    if KINDS[line.kind].compute is not None and shown != line.measured:
        found.append(f"{name} was shown as {shown}, but the evidence gives {line.measured}")
    return found
