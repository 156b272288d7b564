"""What the books do, one verb a file."""
