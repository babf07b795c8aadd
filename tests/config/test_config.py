"""The shipped configuration, and what holds for every configuration."""

from __future__ import annotations

import argparse
import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from loadgen.config import Config, ConfigError, load_config, read_config
from loadgen.config.document import parse
from loadgen.config.load import _BLOCKS
from loadgen.config.stand_in import SimOptions
from loadgen.config.terms import TERMS
from loadgen.criteria import KINDS
from loadgen.model.quantities import complement
from loadgen.plan import RunRequest, compile_plan
from sim.settings import _parser

SHIPPED = Path(__file__).resolve().parents[2] / "loadgen" / "config" / "load_test_config.yaml"
EVERYTHING = Path(__file__).parent / "fixtures" / "good" / "everything.yaml"
Data = dict[str, Any]
Keys = tuple[str | int, ...]


def content(config: Config) -> dict[str, Any]:
    """What a configuration says, without where it says it."""
    return {name: value for name, value in asdict(config).items() if name != "document"}


def leaves(data: Any, path: Keys = ()) -> Iterator[Keys]:
    """The path of every single value."""
    if isinstance(data, dict | list) and data:
        pairs = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in pairs:
            yield from leaves(value, (*path, key))
    else:
        yield path


def changed(data: Data, path: Keys, value: Any) -> Data:
    """A copy with one value changed."""
    found = copy.deepcopy(data)
    place: Any = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return found


def value_at(data: Any, path: Keys) -> Any:
    for key in path:
        data = data[key]
    return data


def read(data: Data, like: Path) -> Config:
    """A configuration with other data, as if it stood in the file `like`."""
    return read_config(replace(DOCUMENTS[like], data=data), like.parent)


DOCUMENTS = {path: parse(path.read_bytes(), str(path)) for path in (SHIPPED, EVERYTHING)}


def test_the_shipped_scenarios_are_those_of_the_design() -> None:
    scenarios = load_config(SHIPPED).scenarios
    figures = {name: (s.users, s.spawn_rate, s.duration, s.shape, tuple(s.criteria)) for name, s in scenarios.items()}
    assert figures == {
        "smoke": (10, 5, 30, "constant", ("latency", "errors")),
        "baseline": (10, 2, 300, "constant", ("latency", "errors")),
        "target": (100, 10, 600, "constant", ("latency", "errors", "throughput")),
        "ramp_up": (200, 5, 1200, "steps", ("latency", "errors")),
        "spike": (500, 50, 300, "spike", ("latency", "errors", "recovery")),
        "sustained": (150, 10, 1800, "constant", ("latency", "errors", "growth")),
    }
    assert {kind: terms.minimum for kind, terms in scenarios["smoke"].criteria.items()} == {"latency": 20, "errors": 20}


@pytest.mark.parametrize("name", _BLOCKS)
def test_what_holds_when_a_block_is_left_out_is_what_the_shipped_file_says(name: str) -> None:
    config, assumed = load_config(SHIPPED), _BLOCKS[name].model_dump()
    found = config.scenarios["baseline"].think_times if name == "think_times" else getattr(config, name)
    assert (found if isinstance(found, dict) else found.model_dump()) == assumed


def test_the_terms_that_hold_when_criteria_are_left_out_are_those_of_the_shipped_file() -> None:
    data = DOCUMENTS[SHIPPED].data
    assert set(data["criteria"]) == set(TERMS)
    without = read({key: value for key, value in data.items() if key != "criteria"}, SHIPPED)
    assert content(without) == content(load_config(SHIPPED))


def _other(value: Any) -> Any:
    """Another value of the same sort."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1 if value >= 1 else value / 2 + 0.1
    if isinstance(value, str) and value[:-1].isdigit():
        return f"{int(value[:-1]) + 1}{value[-1]}"
    return f"{value}x" if isinstance(value, str) else "x"


@pytest.mark.parametrize("path", [SHIPPED, EVERYTHING], ids=lambda path: path.stem)
def test_every_value_is_really_read(path: Path) -> None:
    data = DOCUMENTS[path].data
    before = content(read(data, path))
    unread = []
    for place in leaves(data):
        try:
            if content(read(changed(data, place, _other(value_at(data, place))), path)) == before:
                unread.append(place)
        except ConfigError:
            continue
    assert unread == []


ODD = [None, [], {}, "", "x", -1, 0, 1.5, True, float("inf"), float("nan"), "\x00", "1e999", [[]], {"kind": []}, 10**18]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_stands_there_is_read_or_refused_with_its_place(seed: int) -> None:
    rng = random.Random(seed)
    data = DOCUMENTS[EVERYTHING].data
    unplaced = []
    places = list(leaves(data)) + [place[:depth] for place in leaves(data) for depth in range(1, len(place))]
    for place in rng.sample(places, 40):
        try:
            read(changed(data, place, rng.choice(ODD)), EVERYTHING)
        except ConfigError as error:
            unplaced += [problem for problem in error.problems if not problem.line]
    assert unplaced == []


def test_every_kind_of_criterion_has_terms_and_every_terms_a_kind() -> None:
    assert set(TERMS) == set(KINDS)


def test_the_stand_in_can_be_told_all_but_where_it_listens_and_writes() -> None:
    flags = {action.dest for action in _parser()._actions if not isinstance(action, argparse._HelpAction)}
    where = {"host", "ready_file", "parent", "dsn_file"} | {f for f in flags if f.endswith("_port")}
    assert set(SimOptions.model_fields) == flags - where


def test_a_share_that_may_miss_is_exact() -> None:
    terms = load_config(SHIPPED).scenarios["target"].criteria["latency"]
    assert complement(terms.share) == 0.05


def test_a_scenarios_own_words_are_laid_over_the_common_ones() -> None:
    config = load_config(EVERYTHING)
    burst, quiet = config.scenarios["burst"], config.scenarios["quiet"]
    assert (quiet.criteria["latency"].within, quiet.criteria["latency"].minimum) == (1.0, 100)
    assert (burst.criteria["latency"].within, burst.criteria["latency"].share) == (1.5, 0.99)
    assert (burst.criteria["latency"].minimum, burst.criteria["recovery"].minimum_answers) == (10, 5)
    assert (burst.criteria["recovery"].bound, burst.criteria["recovery"].hold) == (30, 10)
    assert (burst.think_times.rest.low, burst.think_times.websocket.low) == (1, 0.1)
    chat = {s.name: next(o for o in s.operations if o.name == "chat") for s in (burst, quiet)}
    assert (chat["burst"].weight, chat["burst"].timeout, chat["burst"].own["latency"].within) == (9, 3, 0.7)
    assert (chat["quiet"].weight, chat["quiet"].timeout, chat["quiet"].own) == (2.5, 5, {})


def test_files_are_looked_for_beside_the_configuration() -> None:
    config = load_config(EVERYTHING)
    assert config.data.prompts_file == str(EVERYTHING.parent / "files/prompts.csv")
    assert config.targets["staging"].tls.ca_file == str(EVERYTHING.parent / "files/ca.pem")


def test_files_are_found_from_any_folder_by_a_configuration_that_was_named_from_another(monkeypatch) -> None:
    monkeypatch.chdir(EVERYTHING.parents[2])
    config = load_config(EVERYTHING.relative_to(EVERYTHING.parents[2]))
    monkeypatch.chdir("/")
    tls = config.targets["staging"].tls
    files = (config.data.prompts_file, config.data.wav_folder, tls.ca_file, tls.cert_file, tls.key_file)
    assert all(Path(file).exists() for file in files)
    record = compile_plan(config, RunRequest(target="stand_in"), now_id="1").target.options["record"]
    assert record == str(EVERYTHING.parent / "files/answered.jsonl")
    assert config.file == "fixtures/good/everything.yaml"


@pytest.mark.parametrize("name", ["JUNE.Example", "june.example"])
def test_hosts_are_known_by_their_lower_case_name_as_they_are_in_urls(name: str) -> None:
    data = changed(DOCUMENTS[EVERYTHING].data, ("targets", "staging", "allow"), [name])
    data = changed(data, ("targets", "staging", "grpc", "stt"), f"{name}:50052")
    target = compile_plan(read(data, EVERYTHING), RunRequest(allow=(name,)), now_id="1").target
    assert (target.allow, target.stt) == (("june.example",), "june.example:50052")


def test_a_file_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "no_such.yaml")
    (problem,) = caught.value.problems
    text = "cannot be read: No such file or directory; allowed: a configuration file (--config)"
    assert str(problem) == f"{tmp_path / 'no_such.yaml'}: {text}"


@pytest.mark.parametrize(
    "text, value",
    [
        ("1", 1), ("-1", -1), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("true", True), ("null", None), ("~", None),
        ("yes", "yes"), ("off", "off"), ("1:30", "1:30"), ("0x10", "0x10"), ("1_000", "1_000"), ("'1'", "1"),
        ("", None), ("2026-01-01", "2026-01-01"), ("010", 10), (".inf", ".inf"), ("5m", "5m"),
    ],
)  # fmt: skip
def test_plain_scalars_mean_what_they_mean_in_yaml_1_2(text: str, value: Any) -> None:
    found = parse(f"key: {text}\n".encode(), "x").data["key"]
    assert (found, type(found)) == (value, type(value))


def test_anchors_are_read_as_if_written_out() -> None:
    document = parse(b"a: &pause {low: 1s}\nb: *pause\n", "x")
    assert document.data == {"a": {"low": "1s"}, "b": {"low": "1s"}}


def test_a_plan_of_the_shipped_file_needs_nothing_else() -> None:
    config = load_config(SHIPPED)
    assert compile_plan(config, RunRequest(), now_id="20251130120000").run_id == "smoke-20251130120000"
