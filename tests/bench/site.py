"""A place of its own for commands that are run as a user would run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = ROOT / "var/evidence"
HOMEROUND = str(Path(sys.executable).with_name("homeround"))


def folders(site: Path) -> dict[str, str]:
    """Settings that keep a site's models, work and key under its folder."""
    return {
        "HOMEROUND_PATHS__RUNS": str(site / "mlruns"),
        "HOMEROUND_PATHS__WORK": str(site / "work"),
        "HOMEROUND_PATHS__IDENTITY_KEY": str(site / "identity.key"),
    }


def homeround(site: Path, *arguments: str) -> dict:
    """Run a command with the folders of `site`; what it says with --json."""
    env = os.environ | folders(site)
    done = subprocess.run([HOMEROUND, *arguments, "--json"], env=env, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)
