"""Dashboards as Grafana would ask them: variables found and filled in, every question put to a real Prometheus."""

from __future__ import annotations

import math
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from loadgen.query.client import Prometheus, PrometheusFault

Dashboard = dict[str, Any]

STEP = 1.0
"""Seconds between the points of a range: the scrape interval."""

RATE_INTERVAL = "4s"
"""What Grafana makes of $__rate_interval at one scrape a second: four scrapes."""

REFERENCE = re.compile(r"\$\{(\w+)(?:\.\w+)?(?::(\w+))?\}|\$(\w+)|\[\[(\w+)\]\]")


class Window(NamedTuple):
    """The time range of the page, Unix seconds."""

    start: float
    end: float


class Question(NamedTuple):
    """One query: where it stands, its PromQL as written, and whether it asks for one moment only."""

    where: str
    expression: str
    instant: bool


class Value(NamedTuple):
    """What a variable stands for: one or several values, or a text that is filled in as it is (All)."""

    values: tuple[str, ...]
    raw: bool = False
    several: bool = False

    def text(self, form: str | None) -> str:
        """As Grafana's Prometheus data source fills it in."""
        if self.raw:
            return "".join(self.values)
        if form in {"raw", "text"}:
            return ",".join(self.values)
        if not self.several:
            return self.values[0].replace("\\", "\\\\").replace("'", "\\\\'") if self.values else ""
        escaped = [re.sub(r"[$^*{}\[\]\\'+?.()|]", r"\\\\\g<0>", value) for value in self.values]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def panels_of(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    """Every panel, those in folded rows too; rows themselves not."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels") or ()
        else:
            yield panel


def questions_of(dashboard: Dashboard) -> Iterator[Question]:
    """Every query of every panel and of every annotation."""
    uid = dashboard["uid"]
    for panel in panels_of(dashboard):
        for target in panel.get("targets") or ():
            instant = bool(target.get("instant")) and not target.get("range")
            yield Question(f"{uid} / {panel['title']} / {target['refId']}", target["expr"], instant)
    for annotation in dashboard.get("annotations", {}).get("list") or ():
        expression = annotation.get("expr") or (annotation.get("target") or {}).get("expr")
        if expression:
            yield Question(f"{uid} / annotation {annotation['name']}", expression, instant=False)


def variables_of(dashboard: Dashboard) -> list[dict[str, Any]]:
    """The variables, in their order."""
    found: list[dict[str, Any]] = dashboard.get("templating", {}).get("list") or []
    return found


def query_of(variable: Mapping[str, Any]) -> str:
    """The query of a variable, however it is written."""
    query = variable.get("query") or ""
    return str(query.get("query", "")) if isinstance(query, dict) else str(query)


class Page:
    """A dashboard that is open over a time range, with some variables chosen; the others as Grafana finds them."""

    def __init__(self, dashboard: Dashboard, prometheus: Prometheus, window: Window, chosen: Mapping[str, str]) -> None:
        self._prometheus, self._window = prometheus, window
        self.empty_variables: list[str] = []
        self._filled: dict[str, Value] = {
            "__interval": Value((f"{STEP:g}s",)),
            "__interval_ms": Value((f"{STEP * 1000:g}",)),
            "__rate_interval": Value((RATE_INTERVAL,)),
            "__range": Value((f"{math.ceil(window.end - window.start)}s",)),
            "__range_s": Value((f"{math.ceil(window.end - window.start)}",)),
            "__range_ms": Value((f"{math.ceil(1000 * (window.end - window.start))}",)),
            "__from": Value((f"{int(window.start * 1000)}",)),
            "__to": Value((f"{int(window.end * 1000)}",)),
        }
        for variable in variables_of(dashboard):
            self._choose(dashboard["uid"], variable, chosen)

    def _choose(self, uid: str, variable: dict[str, Any], chosen: Mapping[str, str]) -> None:
        name, several = variable["name"], bool(variable.get("multi") or variable.get("includeAll"))
        found = self._options(variable)
        if variable["type"] == "query" and not found:
            self.empty_variables.append(f"{uid} / variable {name}: {self.filled(query_of(variable))}")
        if name in chosen:
            self._filled[name] = Value((chosen[name],), several=several)
        elif variable.get("includeAll"):
            everything = variable.get("allValue")
            self._filled[name] = Value((everything,), raw=True) if everything else Value(tuple(found), several=True)
        else:
            self._filled[name] = Value(tuple(found[:1]), several=several)

    def _options(self, variable: dict[str, Any]) -> list[str]:
        match variable["type"]:
            case "query":
                found = self._found(self.filled(query_of(variable)))
                return list(dict.fromkeys(_picked(found, variable.get("regex") or "")))
            case "custom":
                return [part.split(" : ")[-1].strip() for part in query_of(variable).split(",")]
            case _:
                return [query_of(variable)]

    def _found(self, query: str) -> list[str]:
        if asked := re.fullmatch(r"label_values\((?:(.+),)?\s*(\w+)\s*\)", query, re.DOTALL):
            return self._label_values(asked[2], asked[1])
        asked = re.fullmatch(r"query_result\((.+)\)", query, re.DOTALL)
        assert asked, f"Grafana has no such query of a variable: {query}"
        data = self._prometheus.instant(asked[1], self._window.end).data
        if data["resultType"] == "scalar":
            return [data["result"][1]]
        return [_line(one) for one in data["result"]]

    def _label_values(self, label: str, selector: str | None) -> list[str]:
        asked = {"start": f"{self._window.start:.3f}", "end": f"{self._window.end:.3f}"}
        form = urllib.parse.urlencode(asked | ({"match[]": selector.strip()} if selector else {}))
        url = f"{self._prometheus.url}/api/v1/label/{label}/values?{form}"
        with urllib.request.urlopen(url, timeout=15) as answer:
            return sorted(msgspec.json.decode(answer.read())["data"])

    def filled(self, text: str) -> str:
        """The text with every variable filled in that there is; others stay, and Prometheus will not take them."""

        def value(found: re.Match[str]) -> str:
            known = self._filled.get(found[1] or found[3] or found[4])
            return found[0] if known is None else known.text(found[2])

        return REFERENCE.sub(value, text)

    def ask(self, question: Question) -> str | None:
        """None where there is something to show; else what is wrong, with the query as it was asked."""
        expression = self.filled(question.expression)
        try:
            shown = self._shown(expression, question.instant)
        except PrometheusFault as fault:
            return f"{question.where}: {fault}\n    {expression}"
        return None if shown else f"{question.where}: nothing\n    {expression}"

    def values(
        self, expression: str, *, instant: bool = True, step: float = STEP
    ) -> list[tuple[dict[str, str], list[float]]]:
        """Labels and values of each series, without what is no number. `step`: seconds between those of a range."""
        filled = self.filled(expression)
        if instant:
            data = self._prometheus.instant(filled, self._window.end).data
        else:
            data = self._prometheus.range(filled, self._window.start, self._window.end, step).data
        if data["resultType"] == "scalar":
            return [({}, [float(data["result"][1])])]
        return [(one["metric"], _numbers(one.get("values") or [one["value"]])) for one in data["result"]]

    def _shown(self, expression: str, instant: bool) -> bool:
        return any(numbers for _, numbers in self.values(expression, instant=instant))


def _numbers(points: Sequence[Sequence[Any]]) -> list[float]:
    numbers = [float(value) for _, value in points]
    return [number for number in numbers if not math.isnan(number)]


def _line(sample: Mapping[str, Any]) -> str:
    """A sample as a variable's query_result() writes it."""
    labels = dict(sample["metric"])
    name = labels.pop("__name__", "")
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    at, value = sample["value"]
    return f"{name}{{{inside}}} {value} {float(at) * 1000:.0f}"


def _picked(found: Sequence[str], pattern: str) -> Iterator[str]:
    """What a variable's regex leaves: its group `value`, else its first group, else the whole."""
    if not pattern:
        yield from found
        return
    body = re.sub(r"\(\?<(\w+)>", r"(?P<\1>", pattern.strip().removeprefix("/").rstrip("gi").removesuffix("/"))
    for text in found:
        if matched := re.search(body, text):
            groups = matched.groupdict()
            yield groups.get("value") or (matched[1] if matched.re.groups else text)
