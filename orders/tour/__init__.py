"""The demo's tour "ten ways to lose money": each way with its fault at the sandbox, what to click, and what came of it."""
