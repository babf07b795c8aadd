"""Run: where the operator is while a run goes on, and where its end can be read off afterwards."""

from __future__ import annotations

from grafana import variables
from grafana.dashboard import RUN, Board, Row
from grafana.parts import course, judged, limits, soundness, traffic, verdict


def board() -> Board:
    """The verdict first, then what led to it."""
    return Board(
        uid=RUN,
        description="What is judged, what fails, since when, and what gave way first; during a run and after it.",
        variables=(variables.run(), variables.test_type()),
        rows=(
            Row(
                "",
                (
                    verdict.state(),
                    verdict.first(),
                    verdict.phase(),
                    verdict.time_left(),
                    judged.criteria(),
                    soundness.validity(),
                    course.summary(),
                    limits.at_limit(),
                ),
            ),
            Row("Bounds and alerts", (judged.used(), course.alerts())),
            Row("Load", (traffic.users(), traffic.operations(), traffic.in_flight())),
            Row("Latency", (traffic.latency(), traffic.latency_density())),
            Row("Errors", (traffic.error_share(), traffic.failures())),
            Row("This run", (verdict.about(),)),
        ),
    )
