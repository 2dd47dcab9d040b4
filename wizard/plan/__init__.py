"""Facts and decisions in, a list of changes out; nothing is touched."""
