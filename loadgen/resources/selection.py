"""Which series belong to a run's resources, what they are called, and whose resources they are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from loadgen.catalogue.promql import Regex, any_of, duration, selector
from loadgen.model.measured import DBPOOL, GENERATOR_ROLE, GPU, HOST, TARGET_ROLE, Scrape
from loadgen.model.plan import Plan, Target

SCRAPES = 4
"""So many scrapes make a rate, and so many are the least that can be said to have stayed somewhere."""

HERE = "localhost"
"""How the machine is called that an exporter of the run's own looks at."""

Labels = Mapping[str, str]


def run_selector(plan: Plan, *jobs: str) -> dict[str, str | Regex]:
    """The labels that pick this run's series of one job or of several.

    Exporters that the run started carry its run_id; others carry none and are told by job and instance, and by the
    run's time. Another run's exporter, on a port that is now somebody else's, carries that run's.
    """
    job: str | Regex = jobs[0] if len(jobs) == 1 else any_of(jobs)
    found = scrapes_of(plan, jobs)
    if all(scrape.ours for scrape in found):
        return {"job": job, "run_id": plan.run_id}
    whose = any_of((plan.run_id, "")) if any(scrape.ours for scrape in found) else ""
    return {"job": job, "run_id": whose, "instance": any_of(scrape.address for scrape in found)}


def scrapes_of(plan: Plan, jobs: Sequence[str]) -> tuple[Scrape, ...]:
    """The plan's scrapes of these jobs."""
    return tuple(scrape for scrape in plan.measured.scrapes if scrape.job in jobs)


def window(plan: Plan) -> float:
    """Seconds over which the rate of a counter is taken."""
    return SCRAPES * plan.scrape_interval


def hold(plan: Plan) -> float:
    """Seconds for most of which a resource must be at its limit to have stayed there; never under four scrapes."""
    return max(plan.resources.hold, SCRAPES * plan.scrape_interval)


def _exporter(job: str) -> Callable[[Plan], tuple[str, ...]]:
    """The job of an exporter, where the plan has it."""
    return lambda plan: (job,) if scrapes_of(plan, (job,)) else ()


host, gpu, dbpool = _exporter(HOST), _exporter(GPU), _exporter(DBPOOL)


def applications(plan: Plan) -> tuple[str, ...]:
    """Every job that is no exporter: what the target says of itself."""
    jobs = (scrape.job for scrape in plan.measured.scrapes)
    return tuple(dict.fromkeys(job for job in jobs if job not in {HOST, GPU, DBPOOL}))


def rate(name: str, labels: Mapping[str, str | Regex], plan: Plan) -> str:
    """The rate of a counter over the window."""
    return f"rate({selector(name, labels)}[{duration(window(plan))}])"


def by(how: str, labels: Sequence[str], expression: str) -> str:
    """An aggregation by `instance` and the labels."""
    return f"{how} by ({', '.join(('instance', *labels))}) ({expression})"


def subject(plan: Plan, jobs: Sequence[str], labels: Labels, own: Sequence[str]) -> str:
    """What tells a resource from others of its kind: its own labels, and where several are scraped the instance."""
    found = scrapes_of(plan, jobs)
    name = "/".join(labels.get(label, "") for label in own)
    where = HERE if any(s.ours and s.address == labels.get("instance") for s in found) else labels.get("instance", "")
    text = name if name and len(found) == 1 else f"{name}@{where}" if name else where
    return "".join(character if character.isprintable() else "�" for character in text)


def each_scrape(job: str) -> Callable[[Plan], tuple[Labels, ...]]:
    """Something of every exporter of this job."""
    return lambda plan: tuple({"instance": scrape.address} for scrape in scrapes_of(plan, (job,)))


def each_group(plan: Plan) -> tuple[Labels, ...]:
    """Something of every process group of the plan."""
    return tuple({"groupname": group.name} for group in plan.measured.groups)


def each_database(kind: str) -> Callable[[Plan], tuple[Labels, ...]]:
    """Something of every database of a kind."""
    return lambda plan: tuple({"server": one.name} for one in plan.measured.databases if one.kind == kind)


def nothing(plan: Plan) -> tuple[Labels, ...]:  # noqa: ARG001 same for all
    """For kinds that a target may have or not have."""
    return ()


def target(plan: Plan, labels: Labels) -> str:  # noqa: ARG001 same for all
    """The role of what only a target has."""
    return TARGET_ROLE


def machine(plan: Plan, labels: Labels) -> str:
    """A machine that the run's own exporter looks at is the generator's; the target's too where that runs on it."""
    own = any(scrape.ours and scrape.address == labels.get("instance") for scrape in plan.measured.scrapes)
    return GENERATOR_ROLE if own and not is_here(plan.target) else TARGET_ROLE


def group(plan: Plan, labels: Labels) -> str:
    """The role that the plan gives a process group."""
    roles = {group.name: group.role for group in plan.measured.groups}
    return roles.get(labels.get("groupname", ""), TARGET_ROLE)


def is_here(target: Target) -> bool:
    """Whether any part of a target is reached over loopback, so that it runs on the generator's machine."""
    places = (target.rest, target.websocket, target.llm, target.stt, target.tts)
    return any(_loopback(target, place) for place in places if place)


def _loopback(target: Target, place: str) -> bool:
    name = urlsplit(place if "://" in place else f"//{place}").hostname or ""
    try:
        return ip_address(target.addresses.get(name, name)).is_loopback
    except ValueError:
        return name == HERE
