"""Model packages that run without torch."""
