"""Make the buckets that are named and not there yet: `python buckets.py NAME …`."""

from __future__ import annotations

import sys

import fsspec


def main(names: list[str]) -> None:
    """Make them; the address and the login come from the environment."""
    store = fsspec.filesystem("s3")
    for name in names:
        if not store.exists(name):
            store.mkdir(name)
            sys.stdout.write(f"made bucket {name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
