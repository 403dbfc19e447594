"""The maps of accuracy by shift that ship: the same for every visitor, worked out once.

``python -m explainer.chapters.translation.shift_table`` makes them anew: after one of the two networks has changed.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

import torch

from explainer.chapters.translation.shifting import ShiftMap, shift_map
from explainer.digits import load_network, small_digits
from explainer.digits.convolutional import load_convolutional
from explainer.places import NETWORKS

FILE = NETWORKS / "digits-shifted.json"
FULLY_CONNECTED, CONVOLUTIONAL = "digits-15", "digits-convolutional"
_MAPS = ("fully_connected", "convolutional", "on_sheet")


@cache
def shipped_shift_map(file: Path = FILE) -> ShiftMap | None:
    """How many of the small set's test digits each network reads at every shift.

    None if the file is missing or was made with other networks or digits than those that are here.
    """
    try:
        table = json.loads(file.read_text("utf-8"))
        if table["made_from"] != made_from():
            return None
        maps = [torch.tensor(table[name]) / table["digits"] for name in _MAPS]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ShiftMap(*maps, table["digits"], maps[0].numel())


def made_from() -> str:
    """A digest of all that the maps depend on: both networks and the test digits."""
    data, whole = small_digits(), hashlib.sha256()
    for name in (FULLY_CONNECTED, CONVOLUTIONAL):
        whole.update((NETWORKS / f"{name}.safetensors").read_bytes())
    for tensor in (data.test_images, data.test_labels):
        whole.update(tensor.numpy().tobytes())
    return whole.hexdigest()[:16]


def make(file: Path = FILE) -> None:
    """Work the maps out and write them, a number of digits for each shift."""
    (fully, _), data = load_network(FULLY_CONNECTED), small_digits()
    for found in shift_map(fully, load_convolutional(), data.test_images, data.test_labels):
        print(f"\r{found.done} of 441 shifts", end="", flush=True)
    rows = {
        name: [json.dumps(row) for row in (getattr(found, name) * found.digits).round().int().tolist()]
        for name in _MAPS
    }
    written = ",\n".join(f' "{name}": [\n  ' + ",\n  ".join(lines) + "\n ]" for name, lines in rows.items())
    about = f' "made_from": "{made_from()}",\n "digits": {found.digits}'
    file.write_text(f"{{\n{about},\n{written}\n}}\n", encoding="utf-8")
    print(f"\n{file}")


if __name__ == "__main__":
    make()
