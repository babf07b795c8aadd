"""Operations: the same questions by operation, and what only streams have."""

from __future__ import annotations

from grafana import variables
from grafana.dashboard import OPERATIONS, Board, Row
from grafana.parts import operations, streams


def board() -> Board:
    """The slowest first, then how it came."""
    return Board(
        uid=OPERATIONS,
        description="Which operations are slow or fail, and how streams come in: first message, gaps, real time.",
        variables=(variables.run(), variables.test_type(), variables.operation()),
        rows=(
            Row("The whole run, the slowest on top", (operations.slowest(), operations.failed())),
            Row("Latency", (operations.latency(), operations.service_time())),
            Row("Distribution of response times", (operations.latency_density(),), folded=True),
            Row("Rate and errors", (operations.rates(), operations.failures())),
            Row(
                "Streams",
                (
                    streams.first_message(),
                    streams.gaps(),
                    streams.realtime_factor(),
                    streams.tokens(),
                    streams.audio(),
                ),
            ),
        ),
        refresh="30s",
    )
