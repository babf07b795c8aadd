"""Everything that is looked at before the load; what fails says why and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from loadgen.model.plan import Plan, Target
from loadgen.plan import Offer
from loadgen.run.allowed import check_allowed
from loadgen.run.errors import EnvironmentFault
from loadgen.run.probe import probe
from loadgen.run.secrets import resolve
from loadgen.run.surroundings import FAILED, OK, WARNING, Finding, machine_findings


class Checked(Struct, frozen=True, kw_only=True):
    """The target with its checked addresses, and what it does not offer."""

    target: Target
    offer: Offer


def preflight(
    plan: Plan,
    folders: tuple[Path, ...],
    found: Callable[[Finding], None],
    measuring: Callable[[], list[Finding]],
) -> Checked:
    """Check machine and target, telling each finding. Raises EnvironmentFault with all that failed.

    `measuring` says what there is to say of that which is measured beside the load; it is asked last, and only of a
    target that is allowed.
    """
    findings = machine_findings(plan, folders)
    target, offer = plan.target, Offer()
    try:
        target = check_allowed(plan.target)
        secrets = resolve(target)
        findings.append(Finding(name="target", state=OK, text=f"{target.name} is allowed ({_where(target)})"))
        probed = probe(msgspec.structs.replace(plan, target=target), secrets)
        findings += probed.findings
        findings += [Finding(name=name, state=WARNING, text=f"left out: {why}") for name, why in probed.missing.items()]
        findings += measuring()
        offer = Offer(missing=_by_call(plan, probed.missing))
    except EnvironmentFault as fault:
        findings += [Finding(name="target", state=FAILED, text=problem) for problem in fault.problems]
    for finding in findings:
        found(finding)
    failed = [f"{finding.name}: {finding.text}" for finding in findings if finding.state == FAILED]
    if failed:
        raise EnvironmentFault(*failed)
    return Checked(target=target, offer=offer)


def _where(target: Target) -> str:
    return ", ".join(f"{host} is {address}" if host != address else host for host, address in target.addresses.items())


def _by_call(plan: Plan, missing: dict[str, str]) -> dict[str, str]:
    calls = {f"{o.test_type}:{o.name}": f"{o.test_type}:{o.call}" for o in plan.operations}
    return {calls[name]: why for name, why in missing.items()}
