"""The stand-in June: gateway, gRPC services, database pool and fault controls in one process: `python -m sim`."""
