from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AudioChunk(_message.Message):
    __slots__ = ("audio_data", "sample_rate", "channels", "encoding", "timestamp_us")
    AUDIO_DATA_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_US_FIELD_NUMBER: _ClassVar[int]
    audio_data: bytes
    sample_rate: int
    channels: int
    encoding: str
    timestamp_us: int
    def __init__(self, audio_data: _Optional[bytes] = ..., sample_rate: _Optional[int] = ..., channels: _Optional[int] = ..., encoding: _Optional[str] = ..., timestamp_us: _Optional[int] = ...) -> None: ...

class RecognitionRequest(_message.Message):
    __slots__ = ("audio_data", "sample_rate", "encoding", "config")
    AUDIO_DATA_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    audio_data: bytes
    sample_rate: int
    encoding: str
    config: RecognitionConfig
    def __init__(self, audio_data: _Optional[bytes] = ..., sample_rate: _Optional[int] = ..., encoding: _Optional[str] = ..., config: _Optional[_Union[RecognitionConfig, _Mapping]] = ...) -> None: ...

class RecognitionConfig(_message.Message):
    __slots__ = ("language", "interim_results", "enable_vad", "enable_diarization", "enable_timestamps")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    INTERIM_RESULTS_FIELD_NUMBER: _ClassVar[int]
    ENABLE_VAD_FIELD_NUMBER: _ClassVar[int]
    ENABLE_DIARIZATION_FIELD_NUMBER: _ClassVar[int]
    ENABLE_TIMESTAMPS_FIELD_NUMBER: _ClassVar[int]
    language: str
    interim_results: bool
    enable_vad: bool
    enable_diarization: bool
    enable_timestamps: bool
    def __init__(self, language: _Optional[str] = ..., interim_results: _Optional[bool] = ..., enable_vad: _Optional[bool] = ..., enable_diarization: _Optional[bool] = ..., enable_timestamps: _Optional[bool] = ...) -> None: ...

class RecognitionResult(_message.Message):
    __slots__ = ("transcript", "is_final", "confidence", "words", "start_time_us", "end_time_us", "speaker_id", "detected_language")
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    IS_FINAL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_US_FIELD_NUMBER: _ClassVar[int]
    END_TIME_US_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    DETECTED_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    transcript: str
    is_final: bool
    confidence: float
    words: _containers.RepeatedCompositeFieldContainer[WordInfo]
    start_time_us: int
    end_time_us: int
    speaker_id: str
    detected_language: str
    def __init__(self, transcript: _Optional[str] = ..., is_final: _Optional[bool] = ..., confidence: _Optional[float] = ..., words: _Optional[_Iterable[_Union[WordInfo, _Mapping]]] = ..., start_time_us: _Optional[int] = ..., end_time_us: _Optional[int] = ..., speaker_id: _Optional[str] = ..., detected_language: _Optional[str] = ...) -> None: ...

class WordInfo(_message.Message):
    __slots__ = ("word", "confidence", "start_time_us", "end_time_us")
    WORD_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_US_FIELD_NUMBER: _ClassVar[int]
    END_TIME_US_FIELD_NUMBER: _ClassVar[int]
    word: str
    confidence: float
    start_time_us: int
    end_time_us: int
    def __init__(self, word: _Optional[str] = ..., confidence: _Optional[float] = ..., start_time_us: _Optional[int] = ..., end_time_us: _Optional[int] = ...) -> None: ...

class RecognitionResponse(_message.Message):
    __slots__ = ("results", "processing_time_ms")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    PROCESSING_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[RecognitionResult]
    processing_time_ms: int
    def __init__(self, results: _Optional[_Iterable[_Union[RecognitionResult, _Mapping]]] = ..., processing_time_ms: _Optional[int] = ...) -> None: ...

class HealthRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HealthResponse(_message.Message):
    __slots__ = ("healthy", "version", "model_name")
    HEALTHY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    healthy: bool
    version: str
    model_name: str
    def __init__(self, healthy: _Optional[bool] = ..., version: _Optional[str] = ..., model_name: _Optional[str] = ...) -> None: ...
