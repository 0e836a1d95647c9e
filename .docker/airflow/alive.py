"""Whether Airflow's job of this kind on this host is alive: `python alive.py KIND ADDRESS-FILE`.

What `airflow jobs check` asks too, without all of Airflow, whose import takes a core for seconds at
each check: on a busy host the checks alone would keep it busy.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import psycopg2

# Jobs give a sign every 5 s. Less than a check's interval, so that the first check after a restart
# does not take the sign of the process before for this one's.
SECONDS = 25
_ALIVE = (
    "SELECT count(*) FROM job WHERE job_type = %s AND hostname = %s AND state = 'running' "
    "AND latest_heartbeat > now() - %s * interval '1 second'"
)


def main(kind: str, address_file: str) -> int:
    """The exit code: 0 if it is alive."""
    address = Path(address_file).read_text(encoding="utf-8").strip()
    connection = psycopg2.connect(address.replace("+psycopg2", "", 1), connect_timeout=5)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ALIVE, (kind, socket.gethostname(), SECONDS))
            (alive,) = cursor.fetchone()
    finally:
        connection.close()
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
