"""Generated texts: sentences of common words, hardly ever the same twice."""

from __future__ import annotations

from random import Random

from loadgen.inputs.lengths import cut, spread
from loadgen.inputs.words import WORDS
from loadgen.model.plan import LengthDistribution

_SENTENCE = 9
"""Words of a sentence; what is left makes a shorter last one."""


class Texts:
    """Texts whose number of words follows a distribution."""

    def __init__(self, lengths: LengthDistribution, end: str) -> None:
        """`end`: the mark behind the last sentence."""
        self._lengths = lengths
        self._spread = spread(lengths)
        self._end = end

    def draw(self, rng: Random) -> str:
        """A text; the same state of `rng` gives the same one."""
        length = self._lengths.median * rng.lognormvariate(0.0, self._spread)
        return sentences(rng.choices(WORDS, k=max(1, round(cut(self._lengths, length)))), self._end)


def sentences(words: list[str], end: str) -> str:
    """The words as sentences: capital letters, full stops between them, `end` at the end."""
    parts = [" ".join(words[at : at + _SENTENCE]).capitalize() for at in range(0, len(words), _SENTENCE)]
    return ". ".join(parts) + end
