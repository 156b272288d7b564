"""The back office's first page: figures that a sweep counts, so that looking at them never does."""
