"""Exercises that name the mistake: registry, checks, hints and the command line."""
