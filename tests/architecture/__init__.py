"""What keeps the house in order: each rule of CONTRIBUTING.md that a machine can check."""
