"""The pictures to look through, and the index of what excites each detector most."""

from explainer.corpus.building import Progress, build
from explainer.corpus.exemplars import Exemplar, exemplars, patches, view
from explainer.corpus.index import Best, Index, Sighting, indexed_layers
from explainer.corpus.leaving_out import LeftOut
from explainer.corpus.pictures import (
    Corpus,
    ImagenetteFetch,
    folder_corpus,
    gallery_corpus,
    imagenette_corpus,
    open_corpus,
    reasons,
    uploads_corpus,
    zip_corpus,
)
from explainer.corpus.store import load, open_index, path_of, save

__all__ = [
    "Best",
    "Corpus",
    "Exemplar",
    "ImagenetteFetch",
    "Index",
    "LeftOut",
    "Progress",
    "Sighting",
    "build",
    "exemplars",
    "folder_corpus",
    "gallery_corpus",
    "imagenette_corpus",
    "indexed_layers",
    "load",
    "open_corpus",
    "open_index",
    "patches",
    "path_of",
    "reasons",
    "save",
    "uploads_corpus",
    "view",
    "zip_corpus",
]
