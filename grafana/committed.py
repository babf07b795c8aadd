"""The dashboards as files: what `python -m grafana` writes and what a test compares."""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import boards
from grafana.dashboard import Board, built
from loadgen.storage import write_whole

FOLDER = Path(__file__).parent / "dashboards"


def found_boards() -> dict[str, Board]:
    """Every board by its uid: a file in boards/ joins by its function `board`."""
    names = sorted(module.name for module in pkgutil.iter_modules(boards.__path__))
    found = [importlib.import_module(f"{boards.__name__}.{name}").board() for name in names]
    return {board.uid: board for board in found}


def committed() -> dict[str, str]:
    """Every file's text by its name: the same sources always give the same text."""
    return {f"{uid}.json": text_of(board) for uid, board in found_boards().items()}


def text_of(board: Board) -> str:
    """A dashboard's JSON."""
    return json.dumps(built(board), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def differing(folder: Path = FOLDER) -> list[str]:
    """Names of the files that are not as the sources say, those too many among them."""
    wanted = committed()
    there = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(folder: Path = FOLDER) -> list[str]:
    """Write what differs, whole, and take away what no board makes; the names. Raises OSError."""
    wanted, changed = committed(), differing(folder)
    for name in changed:
        if name in wanted:
            write_whole(folder / name, wanted[name].encode())
        else:
            (folder / name).unlink()
    return changed
