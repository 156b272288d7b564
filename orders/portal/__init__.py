"""What a merchant's people see: their orders, and what became of each."""
