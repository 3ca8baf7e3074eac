"""Waiting until the disk holds what was written."""

import os
from pathlib import Path


def settle(path: str | Path) -> None:
    """See to it that a file's bytes, or the names in a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
