"""A simulated world whose truth is known: who leaves, when, and how likely it was.

It shares nothing with scoring: no constant, no formula, no import.
"""
