"""Wires the stages and resumes them."""
