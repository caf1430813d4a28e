"""The interactive figures: one question each; the reader commits first, then sees.

Each is a folder: Python, `figure.js`, `figure.css`, and the tables it shows in `data/`, which a real lab has made. In
JupyterLab a figure is an anywidget; in the book the same script draws it from the stored output, with no kernel.
"""

from twoclouds.explorables.drift_dial import DriftDial
from twoclouds.explorables.idle_and_waiting import IdleAndWaiting
from twoclouds.explorables.least_i_must_own import LeastIMustOwn
from twoclouds.explorables.object_graph import ObjectGraph
from twoclouds.explorables.which_seconds import WhichSecondsCostMoney

__all__ = ["DriftDial", "IdleAndWaiting", "LeastIMustOwn", "ObjectGraph", "WhichSecondsCostMoney"]
