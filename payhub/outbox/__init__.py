"""The outbox: every consequence leaves through these rows, written in the transaction of the cause."""
