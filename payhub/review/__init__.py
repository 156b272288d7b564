"""The exception queue: what a person must look at, with reason, owner and age."""
