"""Daily bills and statements for merchants' programs, under /api/v1/."""
