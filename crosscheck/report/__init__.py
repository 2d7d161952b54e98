"""Verdicts → terminal and JSON; computes nothing."""
