"""Reads the scenarios."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from loadgen.config.abort import read_aborts
from loadgen.config.config import Scenario
from loadgen.config.loads import Course, Judged, criteria_faults, scene_of
from loadgen.config.operations import Entry, changed_entries, check_weights, configured
from loadgen.config.problems import Path, one_of, shown, unknown
from loadgen.config.reader import Fields, Reader
from loadgen.config.schema import Safety, ScenarioSettings, ThinkTimes
from loadgen.config.terms import TERMS
from loadgen.config.terms.latency import Latency
from loadgen.config.wording import found
from loadgen.model.settings import Settings
from loadgen.shapes import SHAPES, Load
from loadgen.shapes.form import phase_names, spans

Criteria = dict[str, Settings]


class ScenarioReader:
    """Reads one scenario after the other, with what the common blocks say in mind."""

    def __init__(
        self,
        reader: Reader,
        criteria: Criteria,
        think_times: ThinkTimes,
        entries: Mapping[str, Entry],
        safety: Safety,
        scrape_interval: float,
        names: Collection[str],
    ) -> None:
        """`names`: of all scenarios, for one that is measured against another."""
        self.reader = reader
        self.criteria = criteria
        self.think_times = think_times
        self.entries = entries
        self.safety = safety
        self.scrape_interval = scrape_interval
        self.names = names

    def read(self, name: str, data: object, path: Path) -> Scenario | None:
        """The scenario; None as soon as anything is wrong anywhere, for then there will be no configuration."""
        fields = self.reader.fields(ScenarioSettings, data, path)
        shape = self._shape(fields.get("shape"), (*path, "shape"))
        criteria = self._criteria(fields, path)
        aborts = read_aborts(
            self.reader, fields.get("abort_on", {}), criteria, fields.get("duration"), (*path, "abort_on")
        )
        think_times = self.reader.changed(self.think_times, fields.get("think_times", {}), (*path, "think_times"))
        entries = changed_entries(self.reader, self.entries, fields.get("operations", {}), (*path, "operations"))
        check_weights(self.reader, entries, (*path, "operations"), known=self.entries)
        self._check_load(fields, shape, criteria, path)
        if self.reader.problems:
            return None
        return Scenario(
            name=name,
            purpose=fields["purpose"],
            users=fields["users"],
            spawn_rate=fields["spawn_rate"],
            duration=fields["duration"],
            shape=fields["shape"]["kind"],
            shape_settings=cast("Settings", shape),
            criteria=criteria,
            latency=self._latency(criteria),
            abort_on=aborts,
            judged_phases=fields["judged_phases"],
            think_times=cast("ThinkTimes", think_times),
            operations=tuple(configured(entry, self.criteria | criteria) for entry in entries.values()),
        )

    def _latency(self, criteria: Criteria) -> Latency:
        return cast("Latency", criteria.get("latency", self.criteria["latency"]))

    def _shape(self, data: dict[str, Any] | None, path: Path) -> Settings | None:
        if data is None:
            return None
        kind = data.get("kind")
        if "kind" not in data:
            self.reader.problem((*path, "kind"), f"missing; allowed: {', '.join(SHAPES)}")
        elif not isinstance(kind, str) or kind not in SHAPES:
            self.reader.problem((*path, "kind"), unknown(kind, SHAPES))
        else:
            return cast("Settings | None", self.reader.block(SHAPES[kind].settings, data, path))
        return None

    def _criteria(self, fields: Fields, path: Path) -> Criteria:
        """The criteria by which the scenario is judged, with its own figures and minimums."""
        chosen: Criteria = {}
        for place, item in enumerate(fields.get("criteria", ())):
            self._criterion(item, (*path, "criteria", place), chosen)
        minimum = fields.get("minimum", {})
        for kind in minimum:
            if kind not in chosen:
                text = f"{shown(kind)}, by which this scenario is not judged; allowed: {one_of(chosen)}"
                self.reader.problem((*path, "minimum", kind), text)
            elif "minimum" not in type(chosen[kind]).model_fields:
                text = f"a minimum for {kind}; allowed: only the settings of its own that say what is enough"
                self.reader.problem((*path, "minimum", kind), text)
        return {
            kind: terms.model_copy(update={"minimum": minimum[kind]}) if kind in minimum else terms
            for kind, terms in chosen.items()
        }

    def _criterion(self, item: object, path: Path, chosen: Criteria) -> None:
        """An item is a name, or a name with figures of its own: `latency: {within: 4s}`."""
        single = isinstance(item, dict) and len(item) == 1
        kind, own = next(iter(cast("dict[str, Any]", item).items())) if single else (item, {})
        if not isinstance(kind, str):
            self.reader.problem(path, found(item, f"{', '.join(TERMS)}, or one of them with figures of its own"))
        elif kind not in TERMS:
            self.reader.problem(path, unknown(kind, TERMS))
        elif kind in chosen:
            self.reader.problem(path, f"{shown(kind)} a second time; allowed: once")
        else:
            terms = self.reader.changed(self.criteria[kind], own, (*path, kind) if single else path)
            chosen[kind] = terms or self.criteria[kind]
            baseline = getattr(chosen[kind], "baseline", None)
            if baseline is not None and baseline not in self.names:
                text = f"the scenario {unknown(baseline, self.names)}"
                self.reader.problem((*path, kind, "baseline") if single else path, text)

    def _check_load(self, fields: Fields, shape: Settings | None, criteria: Criteria, path: Path) -> None:
        if shape is None or not {"users", "spawn_rate", "duration"} <= fields.keys():
            return
        load = Load(users=fields["users"], spawn_rate=fields["spawn_rate"], duration=fields["duration"])
        course = Course(load=load, shape=fields["shape"]["kind"], settings=shape, scrape_interval=self.scrape_interval)
        faults = course.faults(self.safety)
        for fault in faults:
            self.reader.problem((*path, *fault.path), fault.text)
        if not faults:
            self._check_phases(course, fields, path)
            judged = Judged(criteria=criteria, latency=self._latency(criteria), phases=None)
            for kind, fault in criteria_faults(scene_of(course, judged, "rest"), criteria):
                self.reader.problem(self._place(kind, fields, path), ": ".join((*fault.path, fault.text)))

    def _check_phases(self, course: Course, fields: Fields, path: Path) -> None:
        allowed = phase_names(tuple(spans(course.stages())))
        for place, phase in enumerate(fields.get("judged_phases") or ()):
            if phase not in allowed:
                self.reader.problem((*path, "judged_phases", place), unknown(phase, allowed))

    @staticmethod
    def _place(kind: str, fields: Fields, path: Path) -> Path:
        names = [next(iter(item)) if isinstance(item, dict) else item for item in fields["criteria"]]
        return (*path, "criteria", names.index(kind))
