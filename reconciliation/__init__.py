"""Our books against the channels': every line of a bill and every success of ours in exactly one bucket."""
