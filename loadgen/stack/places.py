"""Where a native stack keeps its things, below the state folder."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class Places(Struct, frozen=True):
    """The folders and files of the stack of one state folder."""

    state: Path

    @property
    def root(self) -> Path:
        """Everything of the stack's but Prometheus' data."""
        return self.state / "stack"

    @property
    def prometheus(self) -> Path:
        """prometheus.yml with the folders that it names: `rules`, `alerts`, `runs`, `targets`."""
        return self.root / "prometheus"

    @property
    def data(self) -> Path:
        """Prometheus' data, the same that a run's own Prometheus has."""
        return self.state / "prometheus"

    @property
    def logs(self) -> Path:
        """`<role>.log` of each process."""
        return self.root / "logs"

    @property
    def alert_log(self) -> Path:
        """Every notification that Alertmanager sent to the log."""
        return self.root / "alerts.log"

    @property
    def alertmanager(self) -> Path:
        """Alertmanager's configuration and data."""
        return self.root / "alertmanager"

    @property
    def grafana(self) -> Path:
        """Grafana's data and the admin's password."""
        return self.root / "grafana"
