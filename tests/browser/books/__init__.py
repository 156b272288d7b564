"""The books in a real Chromium."""
