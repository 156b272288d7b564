"""Merchants, their people and their policies."""
