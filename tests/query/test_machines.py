"""What exporters say of their machines is kept, and what they do not say is not made up."""

from __future__ import annotations

from typing import Any

from loadgen.model.measured import GPU, HOST, Machine, Measured, Scrape
from loadgen.query.client import Answer, PrometheusFault
from loadgen.query.machines import machines
from loadgen.query.questions import Questions
from tests.small_plan import small_plan

ON, GPUS_ON = "10.0.0.7:9611", "10.0.0.7:9612"
PLAN = small_plan(
    measured=Measured(scrapes=(Scrape(job=HOST, address=ON), Scrape(job=GPU, address=GPUS_ON, ours=True)))
)
UNAME = {"instance": ON, "nodename": "june-1", "sysname": "Linux", "release": "6.1.0", "machine": "x86_64"}
CARD = {"instance": GPUS_ON, "uuid": "GPU-a", "name": "Handmade", "driver_version": "999.9", "parent": ""}
SERIES: dict[str, list[tuple[dict[str, str], float]]] = {
    "node_uname_info": [(UNAME, 1.0)],
    "node_cpu_seconds_total": [({"instance": ON}, 16.0)],
    "node_memory_MemTotal_bytes": [({"instance": ON}, 2.0**36)],
    "gpu_info": [(CARD, 1.0), (CARD | {"uuid": "MIG-a", "parent": "GPU-a"}, 1.0)],
}


class Seen:
    """Stands for a client that knows some of the series."""

    url = "http://nowhere"

    def __init__(self, *known: str) -> None:
        self._known = known
        self.asked: list[str] = []

    def instant(self, expression: str, at: float) -> Answer:
        self.asked.append(expression)
        found = [one for name in self._known if name in expression for one in SERIES[name]]
        result: list[Any] = [{"metric": labels, "value": [at, str(value)]} for labels, value in found]
        return Answer(data={"result": result})


def found(client: object) -> tuple[Machine, ...]:
    return machines(Questions(client), PLAN, 1000.0)  # type: ignore[arg-type]


def test_a_machine_is_known_by_what_its_exporters_say():
    assert found(Seen(*SERIES)) == (
        Machine(address=ON, host="june-1", system="Linux 6.1.0 x86_64", cpus=16, memory_bytes=2.0**36),
        Machine(address=GPUS_ON, gpus=("Handmade, driver 999.9",)),
    )


def test_what_an_exporter_does_not_say_stays_unknown():
    assert found(Seen("node_memory_MemTotal_bytes")) == (Machine(address=ON, memory_bytes=2.0**36),)
    assert found(Seen()) == ()


def test_only_the_runs_own_exporters_and_those_of_the_plan_are_asked():
    client = Seen()
    found(client)
    assert all('job=~"host|gpu"' in one and "10\\\\.0\\\\.0\\\\.7:9611|" in one for one in client.asked)
    assert len(client.asked) == len(SERIES)


def test_without_exporters_nobody_is_asked():
    ask = Questions(None)  # type: ignore[arg-type]
    assert machines(ask, small_plan(), 1000.0) == ()


def test_without_prometheus_there_are_no_machines_and_there_is_no_error():
    class Gone:
        def instant(self, *_question: object) -> Answer:
            raise PrometheusFault("no Prometheus listens", reached=False)

    assert found(Gone()) == ()
