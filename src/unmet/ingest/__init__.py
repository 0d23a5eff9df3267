"""Files to clean, masked documents; every dropped row is kept with its reason."""
