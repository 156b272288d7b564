"""The counter's pages and addresses, and the address at which channels notify."""
