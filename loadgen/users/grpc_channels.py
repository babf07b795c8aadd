"""Channels to the three gRPC services: a few for each worker and service, shared by its users."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import grpc
import grpc.experimental.gevent

from loadgen.model.plan import Target
from loadgen.protocols.grpc_calls import BIDIRECTIONAL, SERVER_STREAM, UNARY, Method

grpc.experimental.gevent.init_gevent()  # before any channel

CHANNELS = 4
"""Per service and worker. June's own clients share pools of ten; one alone would make every call wait behind the
others' audio, and one for each user costs memory that no client of June's spends."""

SERVICES = 3
gevent.get_hub().threadpool.maxsize = CHANNELS * SERVICES + 10
"""Under gevent grpcio waits in native threads of this pool, one for each channel (see `unary`); the ten that gevent
has by itself would not do, and the rest is for whoever else needs one."""

_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),  # else all channels to a service would be one connection
    ("grpc.enable_retries", 0),  # a retry would hide a failure
    ("grpc.enable_http_proxy", 0),  # the checked address is the one connected to
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),  # as June's clients
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),  # the default of two minutes would be taken for the target's recovery
    ("grpc.min_reconnect_backoff_ms", 5_000),  # how long one attempt may take
)

_KINDS = {UNARY: "unary_unary", SERVER_STREAM: "unary_stream", BIDIRECTIONAL: "stream_stream"}


def unary(stub: Any, message: Any, timeout: float, metadata: tuple[tuple[str, str], ...]) -> Any:
    """The answer of a unary call. Raises grpc.RpcError.

    Not `stub(message)`: that holds a native thread for as long as the call lasts, so with more calls in flight than
    threads a short one waits for the long ones, and our own queue looks like the target's slowness (a call of 1 ms
    beside forty slow ones took 9.5 s).
    """
    call = stub.future(message, timeout=timeout, metadata=metadata)
    try:
        return call.result()
    except BaseException:
        call.cancel()
        raise


class Channels:
    """Opened when they are first used. `watch(+1 | -1)` hears of each opening and closing."""

    def __init__(self, target: Target, watch: Callable[[int], None]) -> None:
        """Raises OSError when a TLS file cannot be read."""
        self._target = target
        self._watch = watch
        self._credentials = _credentials(target) if target.tls.grpc else None
        self._channels: dict[tuple[str, int], grpc.Channel] = {}
        self._stubs: dict[tuple[str, int], Any] = {}

    def stub(self, method: Method, user: int) -> Any:
        """What calls the method on the channel that serves that user."""
        lane = user % CHANNELS
        key = (method.path, lane)
        if key not in self._stubs:
            make = getattr(self._channel(method.service, lane), _KINDS[method.kind])
            self._stubs[key] = make(method.path, method.request.SerializeToString, method.response.FromString)
        return self._stubs[key]

    def close(self) -> None:
        """Close every channel."""
        for channel in self._channels.values():
            channel.close()
            self._watch(-1)
        self._channels.clear()
        self._stubs.clear()

    def _channel(self, service: str, lane: int) -> grpc.Channel:
        key = (service, lane)
        if key not in self._channels:
            self._channels[key] = self._open(getattr(self._target, service))
            self._watch(1)
        return self._channels[key]

    def _open(self, endpoint: str) -> grpc.Channel:
        host, _, port = endpoint.rpartition(":")
        address = self._target.addresses[host.strip("[]")]
        place = f"ipv6:[{address}]:{port}" if ":" in address else f"ipv4:{address}:{port}"
        options = (*_OPTIONS, ("grpc.default_authority", endpoint))
        if self._credentials is None:
            return grpc.insecure_channel(place, options)
        named = (*options, ("grpc.ssl_target_name_override", host.strip("[]")))
        return grpc.secure_channel(place, self._credentials, named)


def _credentials(target: Target) -> grpc.ChannelCredentials:
    tls = target.tls
    return grpc.ssl_channel_credentials(_content(tls.ca_file), _content(tls.key_file), _content(tls.cert_file))


def _content(path: str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
