"""A stand-in for GitHub's runner: the steps of a job of ours, run here in their order, as far as our workflows go.

It knows `if`, `env`, `${{ … }}` and what becomes of a failed step, as GitHub documents them; of an action it only
notes what it was given. Made from the documentation, for the real one cannot be had.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOWS = REPOSITORY / ".github/workflows"
STATUS = re.compile(r"\b(always|success|failure|cancelled)\(\)")
WORD = re.compile(r"'[^']*'|[a-z_]+(?:\.[\w-]+)+|&&|\|\||!=|==|!|[()]|\b(?:true|false)\b|\s+|[a-z]+(?=\(\))")
AS_PYTHON = {"&&": " and ", "||": " or ", "!": " not ", "true": "True", "false": "False"}


def workflow(name: str) -> dict[str, Any]:
    """The file as GitHub reads it: in YAML 1.1 the key `on` would be the word for true."""
    loaded = yaml.safe_load((WORKFLOWS / name).read_text())
    return {("on" if key is True else key): value for key, value in loaded.items()}


@dataclass
class Step:
    """What became of a step."""

    name: str
    outcome: str
    code: int | None = None
    said: str = ""
    given: dict[str, str] = field(default_factory=dict)
    """To an action, under `with`."""


@dataclass
class Job:
    """A job of a workflow, in a folder that stands for the checkout. `outputs`: of actions, by the step's id."""

    file: str
    name: str
    root: Path
    summary: Path
    """What GitHub shows on the page of the job."""
    event: str = "schedule"
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    needs: dict[str, str] = field(default_factory=dict)
    """Results of the jobs before it."""
    done: list[Step] = field(default_factory=list)
    failed: bool = False
    ids: dict[str, Step] = field(default_factory=dict)

    def run(self) -> list[Step]:
        """All steps that the job comes to; none when it is skipped."""
        whole = workflow(self.file)
        job = whole["jobs"][self.name]
        self.env = {**whole.get("env", {})}
        self.env |= self.filled(job.get("env", {}))
        self.failed = any(result != "success" for result in self.needs.values())
        if not self.holds(job.get("if", "success()")):
            return []
        self.failed = False  # for a step it is the steps before it that count
        for step in job["steps"]:
            self.done.append(self._step(step))
            self.failed |= self.done[-1].outcome == "failure"
            self.ids[step.get("id", "")] = self.done[-1]
        return self.done

    def step(self, name: str) -> Step:
        """The step of that name, or that uses this action."""
        return next(step for step in self.done if step.name == name)

    @property
    def code(self) -> int:
        """Of the step that failed the job; 0 when none did."""
        return next((step.code or 1 for step in self.done if step.outcome == "failure"), 0)

    def _step(self, step: dict[str, Any]) -> Step:
        name = step.get("name") or step["uses"].partition("@")[0]
        if not self.holds(step.get("if", "success()")):
            return Step(name, "skipped")
        if "uses" in step:
            return Step(name, "success", given=self.filled(step.get("with", {})))
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.root,
            env=self._environment(step),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Step(name, "failure" if done.returncode else "success", done.returncode, done.stdout)

    def _environment(self, step: dict[str, Any]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LOADGEN_HOME") if name in os.environ}
        own = {"GITHUB_ACTIONS": "true", "GITHUB_REF_NAME": "faster", "GITHUB_STEP_SUMMARY": str(self.summary)}
        return {**kept, **own, **self.env, **self.filled(step.get("env", {})), **self.environment}

    def filled(self, values: dict[str, Any]) -> dict[str, str]:
        """Texts with their expressions replaced by what they are."""
        return {key: self._filled(value) for key, value in values.items()}

    def _filled(self, value: Any) -> str:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(self.value(found[1])), text)

    def holds(self, condition: str) -> bool:
        """A condition; one that asks for no status holds only while nothing has failed."""
        bare = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", condition.strip(), flags=re.DOTALL)
        return bool(self.value(bare)) and (bool(STATUS.search(bare)) or not self.failed)

    def value(self, expression: str) -> Any:
        """What an expression is. What is not there is the empty text."""
        words = WORD.findall(expression)
        assert "".join(words) == expression.strip() or "".join(words).strip() == expression.strip(), expression
        text = "".join(self._as_python(word) for word in words)
        status = {
            "always": lambda: True,
            "success": lambda: not self.failed,
            "failure": lambda: self.failed,
            "cancelled": lambda: False,
        }
        return eval(text.strip(), {"__builtins__": {}, "look": self._look, **status})

    def _as_python(self, word: str) -> str:
        return f"look({word!r})" if re.match(r"[a-z_]+\.", word) else AS_PYTHON.get(word, word)

    def _look(self, path: str) -> Any:
        context, *names = path.split(".")
        contexts = {
            "env": self.env,
            "inputs": self.inputs,
            "vars": {},
            "matrix": {},
            "github": {"event_name": self.event, "run_id": "77", "token": "a-token", "repository": "o/r", "ref": "r"},
            "needs": {name: {"result": result} for name, result in self.needs.items()},
            "steps": {
                id_: {"outcome": step.outcome, "outputs": self.outputs.get(id_, {})} for id_, step in self.ids.items()
            },
        }
        found: Any = contexts[context]
        for name in names:
            found = found.get(name, "") if isinstance(found, dict) else ""
        return found
