"""The pictures of a folder that move a detector most: ``index_a_folder.py FOLDER LAYER UNIT``."""

import sys
from pathlib import Path
from tempfile import mkdtemp

from explainer.corpus import build, open_corpus, open_index
from explainer.networks import load_network

folder, layer, unit = sys.argv[1:]
network, corpus = load_network(), open_corpus(folder)
index = open_index(network, corpus, Path(mkdtemp()))  # a folder that you keep lets it go on where it stopped
for state in build(network, corpus, index):
    print(f"{state.done} of {state.total} pictures")
for sighting in index.top(layer, int(unit)):
    print(f"{sighting.value:8.2f}  {corpus.label(sighting.picture)}")
