"""A channel played in memory, behind the seam `cashier.channels.registry`."""
