"""June's insides, shared by every protocol: what a request meets between its arrival and its answer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sim.answered import Answered
from sim.costs import Costs, Toll
from sim.database import Database
from sim.failures import BackendDown
from sim.faults import Faults, Gate
from sim.limiter import Limiter
from sim.metrics import Metrics
from sim.operations import Operation
from sim.profiles import PROFILES, Profile
from sim.services import WORK, Services, ServiceTimes
from sim.settings import Settings
from sim.speech import BYTES_PER_SECOND, audio_for, seconds_of, transcript_of, words_in_answer
from sim.tokens import Tokens

MODEL = "june-stand-in"

clock = time.monotonic


class June:
    """The services, their faults and their books."""

    def __init__(self, settings: Settings) -> None:
        """Opens the record and the pool's engine. Raises OSError for the record, StartFailure for the DSN."""
        self.settings = settings
        self.started = clock()
        self.gate = Gate()
        self.limiter = Limiter(clock)
        self.tokens = Tokens(settings.token_lifetime)
        self.answered = Answered(settings.record)
        self.database = Database(settings.dsn, settings.pool_size, settings.pool_timeout)
        self.toll = Toll(settings.costs)
        self.connections = 0
        self._messages: Counter[str] = Counter()
        self._as_started()
        self.metrics = Metrics()
        self.metrics.observe(self)

    def _as_started(self) -> None:
        settings = self.settings
        self.faults = Faults(settings.seed, settings.faults)
        self.services = Services(
            settings.capacity, ServiceTimes(settings.seed, settings.service_times, settings.spread)
        )
        self.services.down.update(settings.down)
        self.charge(settings.costs)
        self.assume(settings.profile)

    def assume(self, profile: str) -> None:
        """Take on a profile. KeyError for one that is not known."""
        self.profile: Profile = PROFILES[profile]
        self.services.slots["tts"].resize(1 if self.profile.serial_tts else self.settings.capacity["tts"])

    def charge(self, costs: Costs) -> None:
        """Let operations cost this from now on."""
        self.toll.costs = costs
        self.database.query_time = costs.query_time

    def reset(self) -> None:
        """Everything as on the command line: faults, freeze, capacity, profile, costs, seeds and books.

        What leaked is given back, and the record is written.
        """
        self.gate.shut(0)
        self.toll.refund()
        self.limiter.forget()
        self.answered.flush()
        self.answered.clear()
        self._as_started()

    def message_id(self, user_id: str) -> str:
        """`<user_id>#<n>`, the n-th message of this user that is answered, from 1; empty when nobody records it."""
        if not self.answered.recording:
            return ""
        self._messages[user_id] += 1
        return f"{user_id}#{self._messages[user_id]}"

    @asynccontextmanager
    async def work(self, operation: Operation, work: str, method: str) -> AsyncIterator[float]:
        """Wait for a slot and hold it; yields the seconds that the work is to take. Raises BackendDown."""
        service = WORK[work] or work
        arrived = clock()
        try:
            async with self.services.serving(operation.key, work) as seconds:
                begun = clock()
                yield seconds
                ended = clock()
        except BackendDown:
            self.metrics.failed(service, method, "unavailable")
            raise
        self.metrics.served(service, method, "success", ended - arrived, ended - begun)

    async def meet(self, operation: Operation) -> None:
        """What stands before the work of every request: its cost, and the fault set for it. Raises InjectedError."""
        if not operation.housekeeping:
            self.toll.take()
        await self.faults.strike(operation)

    async def mock(self, operation: Operation) -> None:
        """The few milliseconds of a reply that asks no backend."""
        await asyncio.sleep(self.services.times.draw(operation.key, "mock"))

    async def generate(self, operation: Operation, prompt: str, max_tokens: int, method: str = "Generate") -> list[str]:
        """An answer of the LLM, in words."""
        async with self.work(operation, "llm", method) as seconds:
            await asyncio.sleep(seconds)
        words = words_in_answer(prompt, max_tokens)
        self.metrics.tokens.labels(MODEL).inc(len(words))
        return words

    async def recognise(
        self, operation: Operation, audio: bytes, sample_rate: int, method: str = "Recognize"
    ) -> list[str]:
        """The words heard in audio."""
        length = seconds_of(audio, sample_rate)
        async with self.work(operation, "stt", method) as seconds:
            await asyncio.sleep(seconds)
        self.metrics.audio_heard.observe(length)
        return transcript_of(audio, length)

    async def speak(self, operation: Operation, text: str, method: str = "Synthesize") -> bytes:
        """A text as PCM16 audio."""
        async with self.work(operation, "tts", method) as seconds:
            await asyncio.sleep(seconds)
        audio = audio_for(text)
        self.metrics.audio_spoken.observe(len(audio) / BYTES_PER_SECOND)
        return audio
