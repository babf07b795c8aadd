"""June's protobuf messages: llm_pb2, asr_pb2, tts_pb2, generated from the .proto files beside them.

To make them again, from the root of the repository:

    python -m grpc_tools.protoc -I . --python_out=. --pyi_out=. loadgen/protocols/wire/*.proto
"""
