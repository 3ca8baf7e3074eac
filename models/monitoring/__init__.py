"""Watching a model in use: feeds, inputs, lists and outcomes, each as typed signals."""
