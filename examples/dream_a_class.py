"""A picture that the network calls what you name: ``dream_a_class.py "class:tench" PNG [STEPS]``."""

import sys
from pathlib import Path

from explainer.dream import dream, png
from explainer.networks import load_network

objective, output, *steps = sys.argv[1:]
for frame in dream(load_network(), objective, steps=int(steps[0]) if steps else None):
    print(f"step {frame.step}: {frame.objective:.2f}, read as {frame.guesses[0].category}")
Path(output).write_bytes(png(frame))
