"""The operation trail: who did what, when, to what. Append-only and hash-chained per subject."""
