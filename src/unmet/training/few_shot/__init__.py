"""Classifiers from a handful of labels: by patterns with a gap (PET), or by contrast (SetFit)."""
