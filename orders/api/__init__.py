"""The merchants' REST API, /api/v1/."""
