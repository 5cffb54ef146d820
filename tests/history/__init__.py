"""Histories: what many clients asked and were answered, and whether any order explains it."""
