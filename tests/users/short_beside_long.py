"""Started by a test, in a process of its own because gevent patches everything: forty long calls, then short ones."""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402 - patched first
import sys  # noqa: E402

import gevent  # noqa: E402

from loadgen.model.plan import Target  # noqa: E402
from loadgen.protocols.grpc_calls import METHODS  # noqa: E402
from loadgen.users.grpc_channels import Channels, unary  # noqa: E402

LONG, SHORT = 40, 20

target = Target(
    name="sim", kind="sim", rest="", websocket="", llm=sys.argv[1], stt="", tts="", addresses={"127.0.0.1": "127.0.0.1"}
)
channels = Channels(target, lambda _: None)
(generate,) = METHODS["llm_generate"]
health = next(method for method in METHODS["health"] if method.service == "llm")


def long_call(user: int) -> None:
    """Answered after a minute."""
    unary(channels.stub(generate, user), generate.request(prompt="hello"), 90, ())


def short_call(user: int) -> None:
    """Answered at once."""
    unary(channels.stub(health, user), health.request(), 90, ())


long_calls = [gevent.spawn(long_call, user) for user in range(LONG)]
gevent.sleep(0)
short_calls = [gevent.spawn(short_call, user) for user in range(SHORT)]
gevent.joinall(short_calls, timeout=30)
answered = sum(call.successful() for call in short_calls if call.ready())
sys.stdout.write(f"{answered} {sum(call.ready() for call in long_calls)}\n")
sys.stdout.flush()
os._exit(0)
