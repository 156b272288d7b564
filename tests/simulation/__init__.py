"""The simulator: whole histories of payments under a seeded scheduler, with crashes and faults (docs/simulation.md)."""
