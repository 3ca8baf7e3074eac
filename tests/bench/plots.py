"""How plots of the documentation look."""

STYLE = {"svg.hashsalt": "homeround", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
