"""Product orders against a real PostgreSQL and a real Redis."""
