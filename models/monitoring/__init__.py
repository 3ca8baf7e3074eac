"""Watching a model in use: feeds, inputs, lists and outcomes, each as typed signals."""

from models.monitoring.report import Report, watch
from models.monitoring.signals import Rules, Signal
from models.monitoring.watched import Watched, watched

__all__ = ["Report", "Rules", "Signal", "Watched", "watch", "watched"]
