"""The nouns of a run, each a frozen record with a schema version. No I/O and no clock."""
