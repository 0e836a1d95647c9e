"""What each container really is, by Docker's own word, held against what the compose file says."""

from __future__ import annotations

import json

from tests.compose.daemon import DockerError
from tests.compose.place import Place


def look(place: Place) -> None:
    """Look at every container: limited, not root, held back, not started again, no secret shown.

    Raises:
        DockerError: one is not as it has to be.
    """
    secrets = {
        place.secret(name) for name in place.secrets if name.endswith(("_password", "_key", "_url"))
    }
    for service in place.services:
        found = place.container(service)
        host, user = found["HostConfig"], found["Config"]["User"]
        shown = json.dumps([found["Config"], found["Args"]])
        wrong = [
            what
            for what, is_so in {
                "runs as root": user.partition(":")[0] in ("", "0", "root"),
                "has no memory limit": not host["Memory"],
                "has no limit of processes": not host["PidsLimit"],
                "may write its root folder": not host["ReadonlyRootfs"],
                "has rights of root": host["CapDrop"] != ["ALL"] or host["CapAdd"],
                "was started again": found["RestartCount"] > 0,
                "has failed": service == "init" and found["State"]["ExitCode"] != 0,
                "shows a secret": any(secret in shown for secret in secrets),
            }.items()
            if is_so
        ]
        if wrong:
            raise DockerError(f"{service} {', '.join(wrong)}")
