"""Generator: is the instrument itself healthy? Where it is not, the run is invalid, whatever its numbers say."""

from __future__ import annotations

from grafana import variables
from grafana.dashboard import GENERATOR, Board, Row
from grafana.parts import instrument, soundness


def board() -> Board:
    """The answer first, then each thing that may go wrong with its bound."""
    return Board(
        uid=GENERATOR,
        description="Whether the instrument is healthy: begins on time, has CPU to spare, puts on its users, is seen.",
        variables=(variables.run(),),
        rows=(
            Row("Can the run tell?", (soundness.validity(), instrument.users_share(), instrument.users())),
            Row("On time", (instrument.schedule_lag(), instrument.loop_lag())),
            Row("Room to spare", (instrument.cpu(), instrument.overloaded(), instrument.heartbeat())),
            Row(
                "Seen",
                (
                    instrument.unseen(),
                    instrument.seen(),
                    instrument.scrape_duration(),
                    instrument.samples(),
                ),
            ),
            Row("Books", (instrument.books(), instrument.resets())),
            Row(
                "Its own processes",
                (
                    instrument.cores(),
                    instrument.memory(),
                    instrument.threads(),
                    instrument.descriptors(),
                ),
            ),
        ),
    )
