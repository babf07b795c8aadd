"""The files of a native stack: the committed ones as this configuration has them, and whom Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from loadgen.config import Config
from loadgen.model.measured import Scrape
from loadgen.rules import committed
from loadgen.run.standing import StackPorts
from loadgen.stack.daemons import LOCALHOST
from loadgen.stack.places import Places
from loadgen.storage import write_whole

STANDING_ALERTS = "alerts/resources.yml"
"""The only alerts of a stack's own: a run brings those that judge it."""
ALERTMANAGER = "alerts/alertmanager.yml"

EXPORTERS = "targets/exporters.json"
NOTIFIED = "targets/alertmanager/alertmanager.json"


def lay_out(config: Config, places: Places, ports: StackPorts, scrapes: Sequence[Scrape], *, notifies: bool) -> None:
    """Write everything that the processes read. `notifies`: there is an Alertmanager. Raises ConfigError, OSError.

    What of a run is in `runs` and `targets` stays.
    """
    texts = committed(config)
    for name, text in texts.items():
        if name.startswith("prometheus/"):
            write_whole(places.root / name, text.encode())
    for name in (STANDING_ALERTS, ALERTMANAGER):
        if name in texts:
            write_whole(_place(places, name), _with_ports(texts[name], ports).encode())
    for folder in ("rules", "alerts", "runs", "targets/alertmanager"):
        (places.prometheus / folder).mkdir(parents=True, exist_ok=True)
    places.data.mkdir(parents=True, exist_ok=True)
    _targets(places.prometheus / EXPORTERS, [_group(scrape) for scrape in scrapes])
    alertmanager = [{"targets": [f"{LOCALHOST}:{ports.alertmanager}"]}] if notifies else []
    _targets(places.prometheus / NOTIFIED, alertmanager)


def _place(places: Places, name: str) -> Path:
    folder = places.alertmanager if name == ALERTMANAGER else places.prometheus / "alerts"
    return folder / Path(name).name


def _with_ports(text: str, ports: StackPorts) -> str:
    """The alert log's usual place replaced where it is another; the text names no other part of the stack."""
    return text.replace(f"{LOCALHOST}:{StackPorts().alertlog}", f"{LOCALHOST}:{ports.alertlog}")


def _group(scrape: Scrape) -> dict[str, Any]:
    """A target without run_id: it is there before and after every run."""
    labels = {"job": scrape.job, "__metrics_path__": scrape.path, "__scheme__": scrape.scheme}
    return {"targets": [scrape.address], "labels": labels}


def _targets(path: Path, groups: list[dict[str, Any]]) -> None:
    write_whole(path, msgspec.json.format(msgspec.json.encode(groups), indent=2) + b"\n")
