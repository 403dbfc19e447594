"""Imports torchvision beside any build of PyTorch.

The torchvision wheels on PyPI are compiled for the CUDA build of PyTorch. Beside
a CPU-only build their operator library cannot load, and the import fails over
two operators that none of our networks use. Declaring the two by name is enough.
"""

import importlib
import sys
from threading import Lock
from types import ModuleType

import torch

_MISSING_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declarations: list[torch.library.Library] = []
_importing = Lock()


def torchvision() -> ModuleType:
    """The torchvision package; nothing is patched where it loads by itself."""
    with _importing:  # the operators can be declared once only
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            if "torchvision::nms" not in str(error):
                raise
        return _beside_another_build()


def _beside_another_build() -> ModuleType:
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")
    for schema in _MISSING_OPERATORS:
        library.define(schema)
    _declarations.append(library)  # a Library takes its operators with it when collected
    return importlib.import_module("torchvision")
