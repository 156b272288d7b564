"""The seeded history."""
