"""The rule files that are committed under `alerts/` and `prometheus/`: what every scenario of the YAML compiles to.

Their rules are keyed by the scenario, so that they serve every run of it. A run that brings rules of its own, keyed by
its run_id, has no need of them: they are for a Prometheus into which runs cannot write.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from loadgen.config import Config
from loadgen.model.measured import EXPORTERS, JUNE, Measured, Scrape
from loadgen.model.plan import Plan
from loadgen.plan import RunRequest, compile_plan
from loadgen.rules.acceptance import rule_groups, window_of
from loadgen.rules.alertmanager import alertmanager_config
from loadgen.rules.groups import render
from loadgen.rules.prometheus_config import stack_config
from loadgen.rules.promtool import promtool_tests
from loadgen.rules.resource_tests import resource_tests
from loadgen.rules.resources import resource_groups
from loadgen.rules.validity import validity_groups
from loadgen.rules.validity_tests import validity_tests
from loadgen.rules.vocabulary import vocabulary
from loadgen.rules.vocabulary_tests import vocabulary_tests
from loadgen.storage import write_whole

VOCABULARY_TESTS = "alerts/tests/vocabulary.yml"
"""Not named as a scenario's tests are, so that a scenario may be called so."""

ALERTMANAGER = "alerts/alertmanager.yml"

RESOURCES, RESOURCES_TESTS = "alerts/resources.yml", "alerts/tests/resources.yml"

WRITTEN = "Written by `loadgen rules` from the configuration; change that and run it again."


def committed(config: Config) -> dict[str, str]:
    """The files: path within the repository → text. Raises ConfigError for a scenario that cannot be run as it is."""
    plans = [_plan(config, name) for name in config.scenarios]
    files = committed_for(plans) | standing([_plan(config, plans[0].scenario, name) for name in config.targets])
    return files | {ALERTMANAGER: alertmanager_config(config.notifications, f"The stack's notifications.\n{WRITTEN}")}


def _plan(config: Config, scenario: str, target: str | None = None) -> Plan:
    """Every test type at once: a criterion of one of them is the same in a run of that one alone."""
    return compile_plan(config, RunRequest(scenario=scenario, test_type="all", target=target), now_id="committed")


def committed_for(plans: Sequence[Plan]) -> dict[str, str]:
    """The files for these plans, one of each scenario."""
    window = max(map(window_of, plans))
    files = {
        "prometheus/prometheus.yml": _stack(plans),
        "prometheus/rules/loadtest.yml": render(vocabulary(window), WRITTEN),
        VOCABULARY_TESTS: vocabulary_tests(window, ["../../prometheus/rules/loadtest.yml"], WRITTEN),
    }
    for plan in plans:
        files |= _of_scenario(plan)
    return files


def _of_scenario(plan: Plan) -> dict[str, str]:
    name, scope = plan.scenario, {"scenario": plan.scenario}
    criteria = render(rule_groups(plan, scope), f"The acceptance criteria of the scenario {name}.\n{WRITTEN}")
    validity = render(validity_groups(plan, scope), f"When a run of the scenario {name} tells nothing.\n{WRITTEN}")
    return {
        f"alerts/acceptance/{name}.yml": criteria,
        f"alerts/tests/{name}_test.yml": promtool_tests(plan, scope, [f"../acceptance/{name}.yml"], WRITTEN),
        f"alerts/validity/{name}.yml": validity,
        f"alerts/tests/{name}_validity_test.yml": validity_tests(plan, scope, [f"../validity/{name}.yml"], WRITTEN),
    }


def standing(plans: Sequence[Plan]) -> dict[str, str]:
    """The rules for what is measured all the time, by the limits of these plans, and the process groups of them all."""
    groups = {group.name: group for plan in plans for group in plan.measured.groups}
    # Where they are is not asked: what is there all the time is told by its job, and by belonging to no run.
    scrapes = tuple(Scrape(job=job, address=job, ours=True) for job in (*EXPORTERS, JUNE))
    measured = Measured(scrapes=scrapes, groups=tuple(groups.values()))
    plan = structs.replace(plans[0], run_id="", measured=measured)
    heading = f"Resources of what runs and is measured all the time, whether or not there is a run.\n{WRITTEN}"
    return {
        RESOURCES: render(resource_groups(plan), heading),
        RESOURCES_TESTS: resource_tests(plan, ["../resources.yml"], WRITTEN),
    }


def _stack(plans: Sequence[Plan]) -> str:
    return stack_config(
        min(plan.scrape_interval for plan in plans),
        "A standing Prometheus for load tests, native or in containers. Every run puts its own rules into runs/ and\n"
        "whom to scrape for it into targets/, where the exporters stand that run all the time.\n"
        f"{WRITTEN}",
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
