"""The compose file brought up by a real Docker: `python -m tests.compose`, or `make compose-test`.

No registry of images is needed. A Docker daemon of its own is started, with its data in a folder
of its own; the images that the compose file and the Dockerfile name are stood in for by images of
the same names, made of Debian's packages and the tests' wheels. The project's own images are built
as they are.
"""
