"""payhub: a payment hub against paying twice. This package is the project and its ground floor."""
