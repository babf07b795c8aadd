"""What a collector is: one thing that is measured, asked at each scrape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from prometheus_client.metrics_core import Metric

NO_DEVICE, NO_DRIVER, NOT_SUPPORTED, NOT_HERE = "no_device", "no_driver", "not_supported", "not_here"
"""Reasons of `Absent`, a fixed list: they become a label. not_here: this machine or kernel has no such thing."""


class Absent(Exception):
    """What a collector measures is not there. That is no failure: it shows no samples, and says why.

    `reason` is one of the reasons above; the text is for the log.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Collector(Protocol):
    """One thing that is measured. It may keep a state between scrapes; it is never asked twice at once."""

    name: str
    """The label `collector`, and what `--collect` calls it."""

    def collect(self, deadline: float) -> Iterable[Metric]:
        """The metric families of this moment, with the samples that could really be read and no others.

        `deadline`: seconds of `time.monotonic()` by which the answer is wanted; a collector that waits for somebody
        else gives up then. Raises Absent, or any error when the reading failed.
        """

    def close(self) -> None:
        """Let go of connections and devices."""
