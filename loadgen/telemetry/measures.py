"""Which operations have series for streams, speech and tokens: those whose call says that it measures them."""

from __future__ import annotations

from loadgen.model.plan import Operation
from loadgen.protocols.call import AUDIO_SECONDS, FIRST_MESSAGE, GAPS, REALTIME_FACTOR, TOKENS
from loadgen.protocols.registry import CALLS

MEASURES = {
    "loadtest_first_message_seconds": FIRST_MESSAGE,
    "loadtest_inter_message_seconds": GAPS,
    "loadtest_realtime_factor": REALTIME_FACTOR,
    "loadtest_tokens_total": TOKENS,
    "loadtest_audio_seconds_total": AUDIO_SECONDS,
}
"""Metric → what a call must declare in its `measures`."""


def is_measured(metric: str, operation: Operation) -> bool:
    """Whether the operation has a series of that metric; it has every one that is not in MEASURES.

    Raises KeyError for a call that no protocol knows.
    """
    needed = MEASURES.get(metric)
    return needed is None or needed in CALLS[operation.test_type][operation.call].measures
