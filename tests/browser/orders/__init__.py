"""The shop and the portal in a real Chromium."""
