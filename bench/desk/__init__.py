"""The desk at a million orders."""
