"""One pass over each text; topics over a corpus."""
