"""A believable history of any length, made in SQL: for benchmarks, and to see the desk as a busy day leaves it.

`plan` says what happened to each order; every app says in `<app>.seed.FILLS` which rows of its own that makes.
"""
