"""Thin commands: arguments in, a call, a few lines out. Nothing is computed here."""
