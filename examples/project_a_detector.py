"""What the detectors that a picture moves most see in it, projected back: ``project_a_detector.py IMAGE PNG``."""

import sys
from pathlib import Path

from explainer.deconvnet import project, strongest
from explainer.figures.plate import plate
from explainer.figures.tiles import png
from explainer.networks import load_network
from explainer.pictures import load_picture

image, output = sys.argv[1:]
network, picture = load_network(), load_picture(image)
units = [found.unit for found in strongest(network, picture, "conv5")]
projections = [project(network, picture, "conv5", unit) for unit in units]
Path(output).write_bytes(png(plate(projections)))
for found in projections:
    print(f"detector {found.unit} of conv5 fires with {found.value:.2f} at row, column {found.position}")
