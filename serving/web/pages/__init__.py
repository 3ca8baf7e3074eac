"""One file a page; app.py puts them together."""
