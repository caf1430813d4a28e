"""Exercises: each opens a lab of its own, and looks at what the two clouds then hold.

from twoclouds.practice import exercise
ex = exercise("1.1")
"""

from twoclouds.practice.exercise import Exercise, exercise

__all__ = ["Exercise", "exercise"]
