"""Every query of every dashboard, put to a real Prometheus that holds two real runs, has something to show."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator

import pytest

from loadgen.model.evidence import Tally
from loadgen.query.client import PrometheusFault
from tests.e2e.harness import Finished
from tests.grafana.asking import Page, Question, questions_of
from tests.grafana.measured_runs import Measured, two_runs
from tests.grafana.shipped import DASHBOARDS, ROOT, committed_rules, names_in
from tests.postgres_process import need_databases

RIGHTLY_EMPTY = {
    "june-resources / Taken by the CPU quota / A": "the exporter of the test is in no container",
}
"""Queries without data in the runs of this test, each with the reason."""

GOLDEN = [*ROOT.glob("tests/exporters/*/golden/*.txt"), *ROOT.glob("tests/telemetry/golden/*.txt")]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    need_databases()
    with two_runs(tmp_path_factory.mktemp("asked")) as made:
        assert made.run.code == 2, made.run.output
        assert made.other.code in {0, 1, 2}, (
            made.other.output
        )  # a verdict; which, depends on what else this machine does
        yield made


def opened(measured: Measured, uid: str) -> Page:
    """The dashboard, on the first run, beside the second."""
    chosen = {"run": measured.run.plan.run_id, "other": measured.other.plan.run_id}
    return Page(DASHBOARDS[uid], measured.prometheus, measured.window, chosen)


def answers(measured: Measured, uid: str) -> Iterator[tuple[Question, str | None]]:
    page = opened(measured, uid)
    yield from ((question, page.ask(question)) for question in questions_of(DASHBOARDS[uid]))


def test_every_panel_and_every_annotation_has_something_to_show(measured: Measured):
    wrong = [
        said
        for uid in DASHBOARDS
        for question, said in answers(measured, uid)
        if said is not None and question.where not in RIGHTLY_EMPTY
    ]
    assert not wrong, "\n".join(wrong)


def test_every_variable_has_something_to_choose(measured: Measured):
    assert [said for uid in DASHBOARDS for said in opened(measured, uid).empty_variables] == []


def test_nothing_is_excused_that_is_asked_no_more():
    asked = {question.where for board in DASHBOARDS.values() for question in questions_of(board)}
    assert RIGHTLY_EMPTY.keys() <= asked


def test_every_metric_that_is_named_is_exposed(measured: Measured):
    with urllib.request.urlopen(f"{measured.prometheus.url}/api/v1/label/__name__/values", timeout=15) as answer:
        seen = set(json.loads(answer.read())["data"])
    exposed = {name for path in GOLDEN for name in re.findall(r"^(\w+)", path.read_text(), re.MULTILINE)}
    rules = list(committed_rules())
    known = seen | exposed | {rule["record"] for rule in rules if "record" in rule}
    named = {
        (question.where, name)
        for uid in DASHBOARDS
        for question in questions_of(DASHBOARDS[uid])
        for name in names_in(question.expression)
    }
    named |= {(rule.get("alert") or rule["record"], name) for rule in rules for name in names_in(rule["expr"])}
    assert {(where, name) for where, name in named if name not in known} == set()
    assert len(named) > 300


# ------------------------------------------------------------------------------------------------------------ compare
def table(page: Page, title: str) -> dict[str, dict[tuple[str, ...], float]]:
    """By letter the figures of a table's queries, each by the values of its labels in the order of their names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for question in questions_of(DASHBOARDS["june-compare"]):
        _, panel, letter = question.where.split(" / ")
        if panel == title:
            rows = page.values(question.expression)
            found[letter] = {tuple(v for _, v in sorted(labels.items())): value[0] for labels, value in rows if value}
    return found


def judged(finished: Finished) -> list[Tally]:
    phases = {phase.name for phase in finished.plan.phases if phase.judged}
    return [tally for tally in finished.evidence.tallies if tally.phase in phases]


def error_shares(finished: Finished) -> dict[tuple[str, ...], float]:
    shares: dict[tuple[str, ...], list[int]] = {}
    for tally in judged(finished):
        counts = shares.setdefault((tally.name, tally.test_type), [0, 0])
        counts[0] += sum(tally.failures.values())
        counts[1] += tally.requests
    return {who: failed / asked for who, (failed, asked) in shares.items() if asked}


def test_the_differences_of_operations_are_those_of_the_evidence(measured: Measured):
    asked = table(opened(measured, "june-compare"), "Operations")
    one, other = error_shares(measured.run), error_shares(measured.other)
    assert asked["D"] == pytest.approx(one)
    assert asked["E"] == pytest.approx(other)
    assert asked["F"] == pytest.approx({who: one[who] - other[who] for who in one.keys() & other.keys()})
    assert max(asked["F"].values()) > 0


def test_both_runs_begin_at_0(measured: Measured):
    page, ask = opened(measured, "june-compare"), {q.where: q for q in questions_of(DASHBOARDS["june-compare"])}
    axis, users, others = (
        page.values(ask[f"june-compare / Users / {x}"].expression, instant=False)[0][1] for x in "ABC"
    )
    assert axis[0] == pytest.approx(0, abs=0.01)
    assert axis[1] - axis[0] == pytest.approx(1)
    length = len(others)
    assert max(others[: length // 2]) == measured.other.plan.users
    assert max(users) == measured.run.plan.users


def test_a_run_beside_itself_has_no_difference(measured: Measured):
    name = measured.run.plan.run_id
    page = Page(DASHBOARDS["june-compare"], measured.prometheus, measured.window, {"run": name, "other": name})
    changes = table(page, "Resources")["C"]
    assert changes
    assert set(changes.values()) == {0.0}


def test_a_query_that_is_no_promql_is_told_with_its_place(measured: Measured):
    page = opened(measured, "june-run")
    said = page.ask(Question("june-run / A panel / A", "sum(loadtest_users{", instant=True))
    assert said is not None
    assert said.startswith("june-run / A panel / A: ")
    with pytest.raises(PrometheusFault):
        page.values("sum(")
