"""Dumps of the warehouse on an object store, and the way back from them and the archive."""
