"""A user's own expressions, put to promtool before anything is made or started: a mistake is cheapest there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from loadgen.config import Config, ConfigError
from loadgen.criteria import kind_of, query
from loadgen.model.plan import Plan
from loadgen.run.errors import EnvironmentFault
from loadgen.run.prometheus import find_prometheus
from loadgen.run.surroundings import OK, WARNING, Finding

PARSING = "could not parse expression: "
NO_VALUE = "it is a range vector or a text, where a number or an instant vector is needed"


def check_expressions(config: Config, plan: Plan, state: Path) -> Finding | None:
    """What there is to say of the plan's own expressions; None: it has none.

    Raises ConfigError for those that are no PromQL. They are asked of the promtool that came with Prometheus; without
    it a mistake shows only when Prometheus itself is asked, just before the load.
    """
    asked = dict(_expressions(plan))
    if not asked:
        return None
    promtool = _promtool(state)
    if promtool is None:
        text = "there is no promtool here, so expressions of your own are checked only when Prometheus is asked"
        return Finding(name="queries", state=WARNING, text=text)
    if said := _mistakes(promtool, asked):
        raise refusal(config, plan, said)
    return Finding(name="queries", state=OK, text=f"{len(asked)} of your own, all PromQL that this Prometheus takes")


def _promtool(state: Path) -> Path | None:
    """None where there is no Prometheus either: a run on one that stands needs none here."""
    try:
        promtool = find_prometheus(state)[0].with_name("promtool")
    except EnvironmentFault:
        return None
    return promtool if promtool.exists() else None


def refusal(config: Config, plan: Plan, said: Mapping[str, str]) -> ConfigError:
    """The error for expressions that are not taken. `said`: by criterion what Prometheus has against them."""
    place = list(config.scenarios[plan.scenario].criteria).index(query.KIND.kind)
    path = ("scenarios", plan.scenario, "criteria", place)
    texts = (f"{name}: {text}; allowed: PromQL that this Prometheus takes" for name, text in said.items())
    return ConfigError([config.problem(path, text) for text in texts])


def _expressions(plan: Plan) -> Iterator[tuple[str, str]]:
    for criterion in plan.criteria:
        kind = kind_of(criterion)
        if kind.series is not None and kind.own_words:
            yield from kind.series(criterion, plan, {"run_id": plan.run_id}).items()


def _mistakes(promtool: Path, asked: Mapping[str, str]) -> dict[str, str]:
    """By criterion what is wrong. All are asked at once; only when that fails each by itself: it stops at the first.

    promtool takes a rule that is a range vector or a text, a question may be neither: so it must bear a product too.
    """
    products = {name: f"{expression}\n* 1" for name, expression in asked.items()}
    if not _objection(promtool, [*asked.values(), *products.values()]):
        return {}
    found = {}
    for name, expression in asked.items():
        said = _objection(promtool, [expression]) or (NO_VALUE if _objection(promtool, [products[name]]) else "")
        if said:
            found[name] = said
    return found


def _objection(promtool: Path, expressions: Iterable[str]) -> str:
    """What promtool has against the first of these that it does not take; empty when it takes them all."""
    rules = [{"record": "a:rule", "expr": expression} for expression in expressions]
    with TemporaryDirectory() as folder:
        file = Path(folder, "rules.yml")
        file.write_bytes(msgspec.json.encode({"groups": [{"name": "questions", "rules": rules}]}))
        command = [str(promtool), "check", "rules", "--lint=none", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return (done.stdout + done.stderr).rpartition(PARSING)[2].strip()
