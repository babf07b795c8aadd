"""Who hears of a verdict, where the Prometheus that names the Alertmanagers is somebody else's."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from loadgen.run.addresses import host_of, trusted


def parted(alertmanagers: Sequence[str], allowed: Collection[str]) -> tuple[list[str], list[str]]:
    """The URLs of those that may be told, and of those that may not.

    A verdict goes to this machine alone, and to hosts that were allowed by name.
    """
    may = [url for url in alertmanagers if _may_hear(url, allowed)]
    return may, [url for url in alertmanagers if url not in may]


def untold(url: str) -> str:
    """That an Alertmanager was not told, and how to have it told: a sentence."""
    try:
        host = host_of(url)
    except ValueError:
        host = ""
    return (
        f"The verdict was not sent to the Alertmanager on {host or 'no host'}, which is not this machine; "
        f"if it is to be told, pass --allow-host {host or 'NAME'}."
    )


def _may_hear(url: str, allowed: Collection[str]) -> bool:
    try:
        return trusted(host_of(url), allowed)
    except (OSError, ValueError):
        return False
