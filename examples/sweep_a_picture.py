"""A picture turned step by step, and how long its name holds: ``sweep_a_picture.py IMAGE PNG``."""

import sys
from pathlib import Path

from explainer.chapters.limits import KINDS, sweep
from explainer.chapters.limits.figures import sweep_sheet
from explainer.networks import load_network
from explainer.pictures import load_picture

image, output = sys.argv[1:]
network = load_network()
found = sweep(network, load_picture(image), KINDS["rotation"])
held = found.tolerance()
print(f"{found.categories[found.first]} stays first from {held.low:g} to {held.high:g} degrees")
Path(output).write_bytes(sweep_sheet(found, network.label))
