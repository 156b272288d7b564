"""What can be done with product orders, one verb a file."""
