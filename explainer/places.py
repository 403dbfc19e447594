"""Where things lie on disk: what ships, what is fetched, what the visitor brings."""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
NETWORKS = ASSETS / "networks"


def cache_folder() -> Path:
    """What was fetched or computed once: ``EXPLAINER_CACHE``, or the system's usual place."""
    if chosen := os.environ.get("EXPLAINER_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = _home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache")
    return base / "how-machines-see"


def _home() -> Path:
    """The user's folder; where there is none, as for a service, the folder for what doesn't last."""
    try:
        home = Path.home()
    except RuntimeError:
        home = Path()
    return home if home.is_absolute() else Path(tempfile.gettempdir())


def weights_folder() -> Path | None:
    """The visitor's own weights files: ``EXPLAINER_WEIGHTS``, if set."""
    chosen = os.environ.get("EXPLAINER_WEIGHTS")
    return Path(chosen) if chosen else None


def data_folder() -> Path | None:
    """Data sets the visitor already has: ``EXPLAINER_DATA``, if set."""
    chosen = os.environ.get("EXPLAINER_DATA")
    return Path(chosen) if chosen else None
