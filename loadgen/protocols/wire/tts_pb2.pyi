from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SynthesisRequest(_message.Message):
    __slots__ = ("text", "voice_id", "language", "config", "stream")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VOICE_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    text: str
    voice_id: str
    language: str
    config: SynthesisConfig
    stream: bool
    def __init__(self, text: _Optional[str] = ..., voice_id: _Optional[str] = ..., language: _Optional[str] = ..., config: _Optional[_Union[SynthesisConfig, _Mapping]] = ..., stream: _Optional[bool] = ...) -> None: ...

class SynthesisConfig(_message.Message):
    __slots__ = ("speed", "pitch", "energy", "prosody", "enable_ssml")
    SPEED_FIELD_NUMBER: _ClassVar[int]
    PITCH_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    PROSODY_FIELD_NUMBER: _ClassVar[int]
    ENABLE_SSML_FIELD_NUMBER: _ClassVar[int]
    speed: float
    pitch: float
    energy: float
    prosody: str
    enable_ssml: bool
    def __init__(self, speed: _Optional[float] = ..., pitch: _Optional[float] = ..., energy: _Optional[float] = ..., prosody: _Optional[str] = ..., enable_ssml: _Optional[bool] = ...) -> None: ...

class AudioChunk(_message.Message):
    __slots__ = ("audio_data", "sample_rate", "channels", "encoding", "is_final", "timestamp_us")
    AUDIO_DATA_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    IS_FINAL_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_US_FIELD_NUMBER: _ClassVar[int]
    audio_data: bytes
    sample_rate: int
    channels: int
    encoding: str
    is_final: bool
    timestamp_us: int
    def __init__(self, audio_data: _Optional[bytes] = ..., sample_rate: _Optional[int] = ..., channels: _Optional[int] = ..., encoding: _Optional[str] = ..., is_final: _Optional[bool] = ..., timestamp_us: _Optional[int] = ...) -> None: ...

class AudioResponse(_message.Message):
    __slots__ = ("audio_data", "sample_rate", "encoding", "duration_ms")
    AUDIO_DATA_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    audio_data: bytes
    sample_rate: int
    encoding: str
    duration_ms: int
    def __init__(self, audio_data: _Optional[bytes] = ..., sample_rate: _Optional[int] = ..., encoding: _Optional[str] = ..., duration_ms: _Optional[int] = ...) -> None: ...

class HealthRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HealthResponse(_message.Message):
    __slots__ = ("healthy", "version", "available_voices")
    HEALTHY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_VOICES_FIELD_NUMBER: _ClassVar[int]
    healthy: bool
    version: str
    available_voices: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, healthy: _Optional[bool] = ..., version: _Optional[str] = ..., available_voices: _Optional[_Iterable[str]] = ...) -> None: ...
