"""What merchants' programs may ask of the books: under /api/v1/, like everything of the API."""
