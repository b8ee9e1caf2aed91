"""Generates and checks the files from which a workshop builds a box."""
