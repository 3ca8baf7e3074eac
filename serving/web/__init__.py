"""The review room: its pages over HTTP. The only place that knows of FastAPI."""
