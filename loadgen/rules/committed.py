"""The rule files that are committed under `alerts/` and `prometheus/`: what every scenario of the YAML compiles to.

Their rules are keyed by the scenario, so that they serve every run of it. A run that brings rules of its own, keyed by
its run_id, has no need of them: they are for a Prometheus into which runs cannot write.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loadgen.config import Config
from loadgen.model.measured import EXPORTERS, Scrape
from loadgen.model.plan import Plan
from loadgen.plan import ExporterPorts, RunRequest, compile_plan
from loadgen.rules.acceptance import rule_groups, window_of
from loadgen.rules.groups import render
from loadgen.rules.prometheus_config import prometheus_config
from loadgen.rules.promtool import promtool_tests
from loadgen.rules.vocabulary import vocabulary
from loadgen.rules.vocabulary_tests import vocabulary_tests
from loadgen.storage import write_whole

VOCABULARY_TESTS = "alerts/tests/vocabulary.yml"
"""Not named as a scenario's tests are, so that a scenario may be called so."""

_PORTS = ExporterPorts()

WRITTEN = "Written by `loadgen rules` from the configuration; change that and run it again."


def committed(config: Config) -> dict[str, str]:
    """The files: path within the repository → text. Raises ConfigError for a scenario that cannot be run as it is."""
    return committed_for([_plan(config, name) for name in config.scenarios])


def _plan(config: Config, scenario: str) -> Plan:
    """Every test type at once: a criterion of one of them is the same in a run of that one alone."""
    return compile_plan(config, RunRequest(scenario=scenario, test_type="all"), now_id="committed")


def committed_for(plans: Sequence[Plan]) -> dict[str, str]:
    """The files for these plans, one of each scenario."""
    window = max(map(window_of, plans))
    files = {
        "prometheus/prometheus.yml": _stack(plans),
        "prometheus/rules/loadtest.yml": render(vocabulary(window), WRITTEN),
        VOCABULARY_TESTS: vocabulary_tests(window, ["../../prometheus/rules/loadtest.yml"], WRITTEN),
    }
    for plan in plans:
        scope = {"scenario": plan.scenario}
        heading = f"The acceptance criteria of the scenario {plan.scenario}.\n{WRITTEN}"
        files[f"alerts/acceptance/{plan.scenario}.yml"] = render(rule_groups(plan, scope), heading)
        tests = promtool_tests(plan, scope, [f"../acceptance/{plan.scenario}.yml"], WRITTEN)
        files[f"alerts/tests/{plan.scenario}_test.yml"] = tests
    return files


def _stack(plans: Sequence[Plan]) -> str:
    return prometheus_config(
        scrape_interval=min(plan.scrape_interval for plan in plans),
        rule_files=["rules/*.yml", "runs/*.yml"],
        targets_files=["targets/*.json"],
        scrapes=[Scrape(job=job, address=f"127.0.0.1:{getattr(_PORTS, job)}") for job in EXPORTERS],
        heading=(
            "A standing Prometheus for load tests. Every run puts its own rules into runs/ and its endpoint into\n"
            "targets/; alerts/acceptance/ is for a Prometheus into which runs cannot write. The other jobs are\n"
            f"exporters that run all the time, on their usual ports.\n{WRITTEN}"
        ),
    )


def write_committed(config: Config, folder: Path) -> tuple[Path, ...]:
    """Write the files under `folder`, each whole or not at all; the paths that changed. Raises ConfigError, OSError."""
    changed = []
    for name, text in committed(config).items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            write_whole(path, text.encode())
            changed.append(path)
    return tuple(changed)
