"""Whole walks through the window, by clicking and typing only."""
