"""A bilingual made-up shop with planted needs and known ground truth."""
