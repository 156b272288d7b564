"""What the payment centre does, one verb a file. Every money fact goes through `settle`."""
