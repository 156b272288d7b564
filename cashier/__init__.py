"""The payment centre and its counter. Other apps enter by `cashier.public` only."""
