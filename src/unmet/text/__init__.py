"""Normalising, language, sentences and words, with exact offsets."""
