"""Day bills in the channels' true formats, for tests and the benchmark."""
