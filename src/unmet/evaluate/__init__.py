"""Metrics, leak-free splits, bootstrap intervals and calibration."""
