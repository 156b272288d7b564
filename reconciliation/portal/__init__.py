"""Statements for a merchant's people."""
