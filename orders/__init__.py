"""The business application: product orders, and what merchants and shoppers see of them."""
