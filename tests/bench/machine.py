"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from tests.support import postgres

_PACKAGES = (
    *("apache-airflow", "celery", "sqlalchemy", "great-expectations"),
    *("selenium", "pandas", "lxml"),
)


def facts() -> dict[str, str]:
    """Cores, memory, load and the versions of what is measured, as text by name."""
    cores = len(os.sched_getaffinity(0))
    return {
        "cores": f"{cores} ({_processor()})",
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "load before": f"{psutil.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": _says(str(postgres.BIN / "postgres"), "--version").split()[-1],
        "chromedriver": _says("chromedriver", "--version").split()[1],
        **{name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _says(program: str, *arguments: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise FileNotFoundError(f"{program} is not on PATH: run make setup")
    told = subprocess.run([found, *arguments], capture_output=True, text=True, check=True)
    return told.stdout.strip()
