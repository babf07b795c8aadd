"""Does everything answer that is to be measured beside the load? Asked once, before it."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from loadgen.model.measured import DBPOOL, EXPORTERS, HOST, TARGET_ROLE, Scrape
from loadgen.model.plan import Plan
from loadgen.run.exporters import ROLE
from loadgen.run.interrupt import Interrupt
from loadgen.run.processes import Child
from loadgen.run.surroundings import FAILED, OK, WARNING, Finding

PATIENCE = 15.0
"""Seconds within which an exporter that the run started must answer; it takes less than one on a machine at rest."""
TIMEOUT = 3.0
"""Seconds for one answer."""
MOST_BYTES = 16 << 20

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Sample(Struct, frozen=True):
    """One line of an exposition."""

    name: str
    labels: dict[str, str]
    value: float


def exporter_findings(plan: Plan, children: Sequence[Child], interrupt: Interrupt) -> list[Finding]:
    """What every scrape of the plan brings. An exporter of the run's own that does not answer is a failure."""
    scrapes = plan.measured.scrapes
    if not scrapes:
        return []
    started = [_child(scrape, children) for scrape in scrapes]
    with ThreadPoolExecutor(max_workers=len(scrapes)) as pool:
        answers = list(pool.map(lambda scrape, child: _answer(scrape, child, interrupt), scrapes, started))
    looked_at = zip(scrapes, started, answers, strict=True)
    return [finding for scrape, child, answer in looked_at for finding in _findings(plan, scrape, child, answer)]


def _child(scrape: Scrape, children: Sequence[Child]) -> Child | None:
    return next((child for child in children if scrape.ours and child.role == f"{ROLE}{scrape.job}"), None)


def _answer(scrape: Scrape, child: Child | None, interrupt: Interrupt) -> str | Finding:
    """The exposition, or why there is none."""
    deadline = time.monotonic() + (PATIENCE if child else 0.0)
    while True:
        try:
            return _ask(scrape)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
        if child is not None and child.exit_code() is not None:
            text = f"the exporter did not start: {child.last_words()}; mend that, or do without ({scrape.job}: none)"
            return Finding(name=_name(scrape), state=FAILED, text=text)
        if interrupt.signal is not None or time.monotonic() >= deadline:
            break
        time.sleep(0.05)
    text = f"{url(scrape)} does not answer ({reason})"
    if child is not None:
        return Finding(name=_name(scrape), state=FAILED, text=f"{text}; its last words: {child.last_words()}")
    mend = "start it, correct its address or take it out under `measure:` of the target"
    return Finding(name=_name(scrape), state=WARNING, text=f"{text}, so it is not measured; {mend}")


def _name(scrape: Scrape) -> str:
    return f"{scrape.job} exporter" if scrape.job in EXPORTERS else f"metrics of {scrape.job}"


def url(scrape: Scrape) -> str:
    """Where it is scraped."""
    return f"{scrape.scheme}://{scrape.address}{scrape.path}"


def _ask(scrape: Scrape) -> str:
    kind = http.client.HTTPSConnection if scrape.scheme == "https" else http.client.HTTPConnection
    connection = kind(scrape.address, timeout=TIMEOUT)
    try:
        connection.request("GET", scrape.path)
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES)
    finally:
        connection.close()
    if answer.status != 200:
        raise http.client.HTTPException(f"status {answer.status}")
    return body.decode(errors="replace")


def samples(text: str) -> Iterator[Sample]:
    """The samples of an exposition; lines that are none are passed over."""
    for name, labels, value in _SAMPLE.findall(text):
        try:
            yield Sample(name, dict(_LABEL.findall(labels)), float(value))
        except ValueError:
            continue


def _findings(plan: Plan, scrape: Scrape, child: Child | None, answer: str | Finding) -> Iterator[Finding]:
    if isinstance(answer, Finding):
        yield answer
        return
    if scrape.job not in EXPORTERS:
        yield Finding(name=_name(scrape), state=OK, text=f"{url(scrape)} answers")
        return
    seen = list(samples(answer))
    log = child.last_words(1) if child else "its log says why"
    yield Finding(name=_name(scrape), state=OK, text=f"{url(scrape)} answers{_absent(seen)}")
    for problem in (*_failed(seen, log), *_groups(plan, scrape, seen), *_databases(scrape, seen, log)):
        yield Finding(name=_name(scrape), state=WARNING, text=problem)


def _labelled(seen: Iterable[Sample], ending: str, value: float) -> list[Mapping[str, str]]:
    return [sample.labels for sample in seen if sample.name.endswith(ending) and sample.value == value]


def _absent(seen: Sequence[Sample]) -> str:
    """Collectors whose thing is not there, with the reason."""
    found = [f"{one['collector']} ({one['reason']})" for one in _labelled(seen, "_scrape_collector_absent", 1)]
    return f"; not on this machine: {', '.join(found)}" if found else ""


def _failed(seen: Sequence[Sample], log: str) -> Iterator[str]:
    for one in _labelled(seen, "_scrape_collector_success", 0):
        yield f"the collector {one['collector']} failed, so what it measures is missing: {log}"


def _groups(plan: Plan, scrape: Scrape, seen: Sequence[Sample]) -> Iterator[str]:
    """Groups under test in which there is no process."""
    if scrape.job != HOST or not scrape.ours:
        return
    name = "namedprocess_namegroup_num_procs"
    there = {one.labels.get("groupname") for one in seen if one.name == name and one.value > 0}
    for group in plan.measured.groups:
        if group.match and group.role == TARGET_ROLE and group.name not in there:
            yield (
                f"no process is in the group {group.name} ({group.match}: {group.pattern}), so it is not measured; "
                "correct it or take it out under `measure:` of the target"
            )


def _databases(scrape: Scrape, seen: Sequence[Sample], log: str) -> Iterator[str]:
    if scrape.job != DBPOOL:
        return
    for name in ("pg_up", "pgbouncer_up"):
        for one in _labelled(seen, name, 0):
            yield f"the database {one.get('server', '')} does not let the exporter in ({name} is 0): {log}"
