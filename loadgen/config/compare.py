"""When a difference between runs counts: the block `compare:`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from loadgen.model.quantities import Duration, Share, duration_text, share_text
from loadgen.model.settings import Settings

Size = Annotated[Share, Field(gt=0, lt=1)]


class Effects(Settings):
    """Sizes of differences: of rates and times as shares of what was before, of error rates in themselves.

    Of a time it is `seconds` where that is more: a fast one may become a half slower, and nobody would notice.
    """

    rate: Size
    errors: Size
    latency: Size
    seconds: Annotated[Duration, Field(le=3600)]


class Noise(Settings):
    """How much runs of the same thing differ beside their sampling: standard deviations, of times both together."""

    rate: Annotated[Share, Field(lt=1)]
    latency: Annotated[Share, Field(lt=1)]
    seconds: Annotated[Duration, Field(le=3600)]


class CompareSettings(Settings):
    """Below `smallest` nothing is called a change; one above `tolerated` must be excluded before it is called the same.

    `between_runs` is used where the runs are too few to show by themselves how much they differ.
    """

    confidence: Annotated[Share, Field(ge=0.5, le=0.999)] = 0.95
    smallest: Effects = Effects(rate=0.05, errors=0.005, latency=0.05, seconds=0.01)
    tolerated: Effects = Effects(rate=0.10, errors=0.01, latency=0.20, seconds=0.05)
    between_runs: Noise = Noise(rate=0.01, latency=0.03, seconds=0.005)

    @model_validator(mode="after")
    def _ordered(self) -> CompareSettings:
        for name in Effects.model_fields:
            least, most = getattr(self.smallest, name), getattr(self.tolerated, name)
            if least > most:
                told = duration_text if name == "seconds" else share_text
                text = f"what is tolerated of {name} at least as large as its smallest effect ({told(least)})"
                raise ValueError(f"{text}, not {told(most)}")
        return self
