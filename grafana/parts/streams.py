"""What only streams have: their first message, the gaps between messages, how they keep up with real time."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries

from grafana import theme
from grafana.panels import NONE, SECONDS, SHORT, Said, lines
from grafana.parts.operations import APART, CALL, FEW, WHO, chosen, quantile
from grafana.queries import by, of_run, query, rate

NO_STREAM = "None of the chosen operations is a stream, or none had an answer in the time shown."


def first_message() -> timeseries.Panel:
    """First token, first audio, first partial transcript."""
    description = "Estimated P95 of the time to a stream's first message: the first token, audio or partial transcript."
    return _quantile("First message, P95", description, SECONDS, "loadtest_first_message_seconds")


def gaps() -> timeseries.Panel:
    """Between messages."""
    description = "Estimated P95 of the time between consecutive messages of a stream; a listener hears a long one."
    return _quantile("Gaps between messages, P95", description, SECONDS, "loadtest_inter_message_seconds")


def realtime_factor() -> timeseries.Panel:
    """Against real time."""
    description = "Estimated P95 of service time over seconds of audio; above 1 speech comes slower than it is spoken."
    panel = _quantile("Real-time factor, P95", description, NONE, "loadtest_realtime_factor", "real time")
    return panel.override_by_name("real time", theme.limit())


def tokens() -> timeseries.Panel:
    """By kind."""
    said = Said(
        title="Tokens per second",
        description="Tokens sent as prompts and received as completions, by operation.",
        unit=SHORT,
        height=9,
        empty="None of the chosen operations has tokens, or none ended in the time shown.",
    )
    found = by("sum", f"{WHO}, kind", rate(chosen("loadtest_tokens_total")))
    return lines(said, query(found, f"{CALL}: {{{{kind}}}}"), ranked=True)


def audio() -> timeseries.Panel:
    """Seconds in a second."""
    said = Said(
        title="Audio per second",
        description="Seconds of audio sent to be recognised or received as speech, in each second.",
        unit=SECONDS,
        width=24,
        height=9,
        empty="None of the chosen operations has audio, or none ended in the time shown.",
    )
    return lines(said, query(by("sum", WHO, rate(chosen("loadtest_audio_seconds_total"))), CALL), ranked=True)


def _quantile(title: str, description: str, unit: str, histogram: str, one: str = "") -> timeseries.Panel:
    """P95 of each stream; `one`: the legend of a line at 1."""
    said = Said(title=title, description=description, unit=unit, height=9, empty=NO_STREAM)
    line = [query(by("max", "", of_run("loadtest_run_info")), one)] if one else []
    return lines(said, query(quantile(0.95, histogram), CALL), *line, ranked=True).max_data_points(FEW).interval(APART)
