"""Reads a configuration file and checks everything in it before anything is done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from loadgen.config import values
from loadgen.config.compare import CompareSettings
from loadgen.config.config import Config, Scenario
from loadgen.config.document import Document, parse
from loadgen.config.notifications import NotificationSettings
from loadgen.config.operations import Entry, read_entries
from loadgen.config.problems import ConfigError, Problem, unknown
from loadgen.config.reader import Reader
from loadgen.config.resources import ResourceSettings
from loadgen.config.scenarios import Criteria, ScenarioReader
from loadgen.config.schema import Data, Defaults, Prometheus, Reports, Safety, Shares, ThinkTimes, Validity
from loadgen.config.targets import read_targets
from loadgen.config.terms import SCRAPES, TERMS
from loadgen.inputs import InputsError, read_prompts, read_wavs
from loadgen.model.plan import TEST_TYPES
from loadgen.model.settings import Settings

_BLOCKS: dict[str, Settings] = {
    "defaults": Defaults(),
    "shares": Shares(rest=4, websocket=3, grpc=3),
    "prometheus": Prometheus(),
    "reports": Reports(),
    "data": Data(),
    "think_times": ThinkTimes(),
    "validity": Validity(),
    "resources": ResourceSettings(),
    "compare": CompareSettings(),
    "notifications": NotificationSettings(),
    "safety": Safety(),
}
"""The blocks that stand alone, and what holds when one is left out."""

_REQUIRED = ("targets", "operations", "scenarios")
_SECTIONS = (*_BLOCKS, *_REQUIRED, "criteria")


def load_config(path: Path) -> Config:
    """The configuration in the file `path`. Raises ConfigError with every problem there is.

    Files that it names are looked for beside it; their paths in the configuration are absolute, for those who read
    them work in folders of their own.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        text = f"cannot be read: {error.strerror}; allowed: a configuration file (--config)"
        raise ConfigError([Problem(file=str(path), line=None, key="", text=text)]) from error
    return read_config(parse(content, str(path)), path.parent.resolve())


def read_config(document: Document, folder: Path) -> Config:
    """The configuration in a parsed document; files that it names are looked for in `folder`."""
    if not isinstance(document.data, dict):
        raise ConfigError(document.problems)
    reader = Reader(document)
    config = _Sections(reader, document.data, folder).read()
    if reader.problems:
        raise ConfigError(
            sorted(reader.problems, key=lambda problem: (problem.file != document.file, problem.line or 0))
        )
    return config


class _Sections:
    """One reading of all sections. What is wrong is noted in the reader; its place is then held by a default."""

    def __init__(self, reader: Reader, data: dict[str, Any], folder: Path) -> None:
        self.reader = reader
        self.data = data
        self.folder = folder
        self.sound = {"shares"}
        """Blocks in which nothing is wrong."""

    def read(self) -> Config:
        self._names()
        blocks: dict[str, Any] = {name: self._block(name, default) for name, default in _BLOCKS.items()}
        entries = read_entries(self.reader, self.data.get("operations", {}), ("operations",))
        targets = read_targets(self.reader, self.data.get("targets", {}), self.folder)
        criteria = self._criteria()
        scenarios = self._scenarios(blocks, criteria, entries)
        self._check(blocks, entries)
        shares: Shares = blocks["shares"]
        return Config(
            document=self.reader.document,
            defaults=blocks["defaults"],
            shares={name: tenths for name, tenths in shares.model_dump().items() if tenths},
            prometheus=blocks["prometheus"],
            reports=blocks["reports"],
            targets=targets,
            data=self._with_files(blocks["data"]),
            scenarios=scenarios,
            validity=blocks["validity"],
            resources=blocks["resources"],
            compare=blocks["compare"],
            notifications=blocks["notifications"],
            safety=blocks["safety"],
        )

    def _names(self) -> None:
        for key in self.data.keys() - set(_SECTIONS):
            self.reader.problem((key,), f"the section {unknown(key, _SECTIONS)}")
        for key in _REQUIRED:
            if not self.data.get(key):
                self.reader.problem((key,), "missing or empty; allowed: at least one entry")

    def _block(self, name: str, default: Settings) -> Settings:
        if name not in self.data:
            return default
        before = len(self.reader.problems)
        block = self.reader.block(type(default), self.data[name], (name,), default) or default
        if len(self.reader.problems) == before:
            self.sound.add(name)
        else:
            self.sound.discard(name)
        return block

    def _criteria(self) -> Criteria:
        block = self.reader.mapping(self.data.get("criteria", {}), ("criteria",))
        for kind in block.keys() - TERMS.keys():
            self.reader.problem(("criteria", kind), unknown(kind, TERMS))
        found = {}
        for kind, terms in TERMS.items():
            default = terms.settings()
            found[kind] = self.reader.changed(default, block.get(kind, {}), ("criteria", kind)) or default
        return found

    def _scenarios(self, blocks: dict[str, Any], criteria: Criteria, entries: dict[str, Entry]) -> dict[str, Scenario]:
        block = self.reader.mapping(self.data.get("scenarios", {}), ("scenarios",))
        reading = ScenarioReader(
            self.reader,
            criteria,
            blocks["think_times"],
            entries,
            blocks["safety"],
            blocks["prometheus"].scrape_interval,
            block.keys(),
        )
        found = {}
        for name, data in block.items():
            path = ("scenarios", name)
            self._checked(path, values.scenario_name, name)
            scenario = reading.read(name, data, path)
            if scenario is not None:
                found[name] = scenario
        return found

    def _check(self, blocks: dict[str, Any], entries: dict[str, Entry]) -> None:
        """What one section says about another."""
        for key, section in (("scenario", "scenarios"), ("target", "targets")):
            self._known(("defaults", key), getattr(blocks["defaults"], key), section)
        if "shares" in self.sound and isinstance(self.data.get("operations"), dict):
            for test_type in TEST_TYPES:
                tenths = getattr(blocks["shares"], test_type)
                if tenths and not any(entry.test_type == test_type for entry in entries.values()):
                    text = (
                        f"{tenths} tenths, but there are no operations of {test_type}; allowed: 0, or such operations"
                    )
                    self.reader.problem(("shares", test_type), text)
        least = SCRAPES * blocks["prometheus"].scrape_interval
        if blocks["reports"].window < least:
            text = f"{blocks['reports'].window:g}s; allowed: {SCRAPES} scrapes ({least:g}s) or more"
            self.reader.problem(("reports", "window"), text)

    def _known(self, path: tuple[str, ...], name: str, section: str) -> None:
        names = self.data.get(section)
        if isinstance(names, dict) and names and name not in names:
            self.reader.problem(path, unknown(name, names))

    def _checked(self, path: tuple[str, ...], check: Callable[[str], str], value: str) -> None:
        try:
            check(value)
        except ValueError as error:
            self.reader.problem(path, f"the name; allowed: {error}")

    def _with_files(self, data: Data) -> Data:
        """The data block with paths that lead there from anywhere; each must hold what can be sent."""
        found: dict[str, str] = {}
        for key, read in (("prompts_file", read_prompts), ("wav_folder", read_wavs)):
            named = getattr(data, key)
            if named is not None:
                found[key] = str(self.folder / named)
                try:
                    read(self.folder / named)
                except InputsError as error:
                    self._bad_inputs(("data", key), error)
        return data.model_copy(update=found)

    def _bad_inputs(self, path: tuple[str, ...], error: InputsError) -> None:
        """Files are looked for beside the configuration; what is wrong inside one is named by its own line."""
        for fault in error.faults:
            if fault.line is None:
                self.reader.problem(path, str(fault))
            else:
                self.reader.problems.append(Problem(file=fault.file, line=fault.line, key="", text=fault.text))
