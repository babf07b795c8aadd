"""Text in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Rows = Sequence[Sequence[str]]


def table(rows: Rows, right: Sequence[int] = ()) -> Iterator[str]:
    """Rows in columns, indented; the columns numbered in `right` are flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def counted(number: float, noun: str) -> str:
    """`1 worker`, `2 workers`."""
    return f"{number:g} {noun}{'' if number == 1 else 's'}"
