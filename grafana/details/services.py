"""The places in which the target's services work on calls; the stand-in shows them."""

from __future__ import annotations

from grafana.dashboard import Row
from grafana.details.measured import curve, detail, measured
from grafana.panels import SHORT
from grafana.queries import by, query

EMPTY = "Only the stand-in shows its service slots, and it was not scraped in the time shown."


def row() -> Row:
    """The row."""
    return Row(
        "Service slots",
        (
            curve(
                detail("Slots in use", "Calls being worked on, and how many can be at a time.", SHORT, EMPTY, width=12),
                query(by("sum", "service", measured("sim_service_slots_in_use")), "{{service}}"),
                query(by("sum", "service", measured("sim_service_slots_limit")), "limit: {{service}}"),
            ),
            curve(
                detail("Calls that wait", "Calls in the queue before the slots.", SHORT, EMPTY, width=12),
                query(by("sum", "service", measured("sim_service_queue")), "{{service}}"),
            ),
        ),
        folded=True,
    )
