"""Gradient importance."""
