"""The demo storefront, and the shopper's page of an order."""
