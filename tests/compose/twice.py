"""Two builds of one commit hold the same files, with the same times: a second one is made and held
against the first.
"""

from __future__ import annotations

from pathlib import Path

from tests.compose.daemon import Docker, DockerError

_AGAIN = "touchline-test/again:0.1.0"
# All that a build lays beside what the base image has.
_PLACES = ("/opt", "/app", "/home", "/srv", "/etc/passwd", "/etc/group")
_SHOWN = 10


def compare(docker: Docker, context: Path, image: str) -> int:
    """Build the image once more, without the cache; the number of files that are the same.

    Raises:
        DockerError: a file differs, in what it holds, whose it is, or its time; some are named.
    """
    docker.build(context, _AGAIN, "--no-cache")
    try:
        first, second = _contents(docker, image), _contents(docker, _AGAIN)
    finally:
        docker.run("docker", "rmi", _AGAIN)
    if differing := sorted(first ^ second):
        raise DockerError(f"{len(differing)} lines differ:\n" + "\n".join(differing[:_SHOWN]))
    return sum(line.startswith("f ") for line in first)


def _contents(docker: Docker, image: str) -> set[str]:
    """For each file a line of its kind, mode, owner, time and path, and one of its hash."""
    script = (
        r"find $0 $@ -printf '%y %m %U:%G %T@ %p %l\n'; find $0 $@ -type f -exec sha256sum {} +"
    )
    ran = ("docker", "run", "--rm", "--network=none", "--user=0:0", "--entrypoint=sh", image)
    return set(docker.run(*ran, "-c", script, *_PLACES).splitlines())
