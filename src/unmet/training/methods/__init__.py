"""Which weights of an encoder are trained, and what is added to it: one small module per method."""
