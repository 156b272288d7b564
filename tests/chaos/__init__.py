"""Chaos: the real processes, killed and stopped at random, and three journals that must agree (docs/simulation.md)."""
