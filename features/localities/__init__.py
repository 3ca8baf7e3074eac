"""A large history, taken apart by where people live: everybody who ever lived in some homes, as a small history."""
