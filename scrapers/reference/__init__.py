"""The reference of the documentation, made from the code that it tells of; see `documents`."""
