"""Large histories in blocks of residents: how they lie on disk, are written, read a block at a time, and grow."""
