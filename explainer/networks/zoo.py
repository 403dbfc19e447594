"""The networks that can be chosen, and where their weights come from."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import torch
from torch import nn

from explainer.errors import NetworkError, WeightsError
from explainer.networks import stages
from explainer.networks.alexnet2012 import AlexNet2012
from explainer.networks.network import Network, Preprocessing, at_the_start
from explainer.networks.packed import unpack
from explainer.networks.vision import torchvision
from explainer.networks.weights import existing, file_digest, load_into, read_state
from explainer.places import NETWORKS, cache_folder, weights_folder


@dataclass(frozen=True)
class Entry:
    """What the register knows of a network before its weights are there.

    file: name of torchvision's published weights; its last eight digits begin the
        file's SHA-256. mebibytes: the size of that file, as published.
    top1, top5: share of ImageNet's validation pictures named rightly, in percent,
        measured by torchvision. parameters: as published.
    """

    name: str
    title: str
    year: int
    note: str
    file: str
    mebibytes: float
    top1: float
    top5: float
    parameters: int
    build: Callable[[], nn.Module]
    cut: Callable[[nn.Module], nn.Sequential]
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    @property
    def label(self) -> str:
        """The title where it stands alone or begins a sentence."""
        return at_the_start(self.title)

    @property
    def size(self) -> int:
        """Of the file, in bytes, good to 1,000."""
        return round(self.mebibytes * 2**20)

    @property
    def url(self) -> str:
        return f"https://download.pytorch.org/models/{self.file}"

    @property
    def sha256_start(self) -> str:
        return Path(self.file).stem.rsplit("-", 1)[1]


def _untrained(name: str, **arguments) -> Callable[[], nn.Module]:
    """A builder of torchvision's model ``name`` without spending time on random weights."""

    def build() -> nn.Module:
        with torch.device("meta"):
            model = getattr(torchvision().models, name)(**arguments)
        return model.to_empty(device="cpu")

    return build


ENTRIES = {
    entry.name: entry
    for entry in (
        Entry(
            "alexnet", "the one-card AlexNet", 2014,
            "torchvision's AlexNet: 64 first detectors, no groups, no normalisation.",
            "alexnet-owt-7be5be79.pth", 233.087, 56.5, 79.1, 61_100_840,
            _untrained("alexnet"), stages.of_alexnet,
        ),
        Entry(
            "vgg16", "VGG-16", 2014, "Sixteen layers of 3×3 windows; large and slow.",
            "vgg16-397923af.pth", 527.796, 71.6, 90.4, 138_357_544,
            _untrained("vgg16"), stages.of_vgg16,
        ),
        Entry(
            "googlenet", "GoogLeNet", 2014, "Four window sizes side by side in each inception block.",
            "googlenet-1378be20.pth", 49.731, 69.8, 89.5, 6_624_904,
            _untrained("googlenet", aux_logits=False, init_weights=False), stages.of_googlenet,
            Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
        ),
        Entry(
            "resnet50", "ResNet-50", 2015, "Fifty layers; each block adds to what it was given.",
            "resnet50-0676ba61.pth", 97.781, 76.1, 92.9, 25_557_032,
            _untrained("resnet50"), stages.of_resnet,
        ),
        Entry(
            "resnext50", "ResNeXt-50", 2016, "ResNet with thirty-two narrow paths in each block.",
            "resnext50_32x4d-7cdf4587.pth", 95.789, 77.6, 93.7, 25_028_904,
            _untrained("resnext50_32x4d"), stages.of_resnet,
        ),
        Entry(
            "squeezenet", "SqueezeNet 1.0", 2016, "As good as AlexNet with a fiftieth of its weights.",
            "squeezenet1_0-b66bff10.pth", 4.778, 58.1, 80.4, 1_248_424,
            _untrained("squeezenet1_0"), stages.of_squeezenet,
        ),
        Entry(
            "mobilenet", "MobileNetV3", 2019, "Made for telephones: most windows see one map; gates turn maps down.",
            "mobilenet_v3_large-5c1a4163.pth", 21.107, 75.3, 92.6, 5_483_032,
            _untrained("mobilenet_v3_large"), stages.of_mobilenet, Preprocessing(short_side=232),
        ),
        Entry(
            "efficientnet", "EfficientNet-B0", 2019, "MobileNet’s kind of block, deepened and widened in step.",
            "efficientnet_b0_rwightman-7f5810bc.pth", 20.451, 77.7, 93.5, 5_288_548,
            _untrained("efficientnet_b0"), stages.of_efficientnet,  # measured after bicubic shrinking, not bilinear
        ),
    )
}  # fmt: skip

EMBEDDED = "embedded"
EMBEDDED_FILE = NETWORKS / "alexnet-embedded.safetensors"
NAMES = (EMBEDDED, *ENTRIES)
SUFFIXES = (".pth", ".pt", ".safetensors")


@cache
def imagenet_categories() -> tuple[str, ...]:
    """ImageNet's 1,000 category names in the order of the outputs."""
    return tuple((NETWORKS / "imagenet-categories.txt").read_text(encoding="utf-8").split("\n")[:1000])


@cache
def embedded_card() -> dict:
    """What is known of the network that ships: data, recipe, accuracy, weaknesses."""
    return json.loads(EMBEDDED_FILE.with_name("alexnet-embedded.json").read_text(encoding="utf-8"))


def entry(name: str) -> Entry:
    """The register's entry of a network whose weights are fetched.

    Raises:
        NetworkError: no such network; the sentence lists those there are.
    """
    if name not in ENTRIES:
        raise NetworkError(f"There is no network “{name}”; there are {', '.join(NAMES)}.")
    return ENTRIES[name]


def find_weights(name: str) -> Path | None:
    """The file with a network's weights, if this machine has one.

    Looks in the visitor's folder (``EXPLAINER_WEIGHTS``) for files whose names begin with
    the network's, then in the cache for the published file.
    """
    if name == EMBEDDED:
        return EMBEDDED_FILE
    return own_weights().get(name) or _fetched(entry(name))


def _fetched(known: Entry) -> Path | None:
    path = cache_folder() / "weights" / known.file
    return path if path.is_file() else None


def own_weights() -> dict[str, Path]:
    """By network, the first file in the visitor's folder whose name begins with the network's.

    The folder is listed when it has changed: it may lie on a network share, and every page asks several times.
    """
    folder = weights_folder()
    if folder is None:
        return {}
    try:
        changed = folder.stat().st_mtime
        if folder in _listed and _listed[folder][0] == changed:
            return _listed[folder][1]
        listed_at = time.time()
        paths = [path for path in sorted(folder.iterdir(), reverse=True) if path.suffix in SUFFIXES and path.is_file()]
    except OSError:  # not there, no folder, or not to be read
        return {}
    found = {name: path for path in paths if (name := _network_of(path))}
    if listed_at - changed > _SETTLED:
        _listed[folder] = changed, found
    return found


_listed: dict[Path, tuple[float, dict[str, Path]]] = {}
_SETTLED = 5  # seconds: a folder that changed just now may change again and bear the same time


def available() -> list[str]:
    """Names of the networks whose weights are on this machine, the shipped one first."""
    own = own_weights()
    return [EMBEDDED, *(name for name, known in ENTRIES.items() if name in own or _fetched(known))]


def load_network(name: str = EMBEDDED, weights: str | Path | None = None) -> Network:
    """A network with its weights, ready for pictures.

    Args:
        name: one of :data:`NAMES`.
        weights: a state dict for that network (safetensors or PyTorch); without it,
            the file that :func:`find_weights` finds.

    Raises:
        NetworkError: no such network.
        WeightsError: no weights on this machine, or a file that is damaged or another network's.
    """
    if name != EMBEDDED:
        entry(name)
    path = existing(weights) if weights else find_weights(name)
    if path is None:
        known = ENTRIES[name]
        raise WeightsError(
            f"The weights of {known.title} are not on this machine. Fetch them once "
            f"({known.size / 1e6:.0f} MB) with “python -m explainer weights fetch {name}”."
        )
    return _load_embedded(path) if name == EMBEDDED else _load_torchvision(ENTRIES[name], path)


def _load_embedded(path: Path) -> Network:
    state = unpack(read_state(path))
    matrices = [state.get(f"{layer}.weight") for layer in ("fc6", "fc7", "fc8")]
    ours = path == EMBEDDED_FILE
    if any(m is None or m.ndim != 2 for m in matrices) or len(matrices[2]) != len(imagenet_categories()):
        raise WeightsError(
            f"The weights file {path.name} was not made for AlexNet's 2012 layout with 1,000 categories."
        )
    with torch.device("meta"):
        model = AlexNet2012(*map(len, matrices), normalisation=False)
    load_into(model.to_empty(device="cpu"), model.inner_names(state), path, "AlexNet's 2012 layout")
    card = embedded_card() if ours else {"trained_by": "the owner of the file", "file": path.name}
    preprocessing = Preprocessing(256, 227)
    title = "the small AlexNet" if ours else f"the AlexNet of {path.name}"
    return Network(
        EMBEDDED, title, model, preprocessing, imagenet_categories(), path.name, file_digest(path)[:16], card
    )


def _load_torchvision(known: Entry, path: Path) -> Network:
    digest = file_digest(path)
    if path.name == known.file and not digest.startswith(known.sha256_start):
        raise WeightsError(
            f"The weights file {path.name} is damaged (its SHA-256 is not the published one). "
            f"Delete it and fetch it again with “python -m explainer weights fetch {known.name}”."
        )
    model = known.build()
    state = read_state(path)
    if known.name == "googlenet":  # its training-time side exits are part of the file, not of the network
        state = {name: value for name, value in state.items() if not name.startswith(("aux1.", "aux2."))}
    load_into(model, state, path, known.title)
    published = path.name == known.file
    card = {
        "trained_by": "torchvision" if published else "the owner of the file",
        "trained_on": "ImageNet's 1.28 million training pictures" if published else "not known",
        "measured": {"ImageNet validation": {"top1": known.top1, "top5": known.top5}} if published else {},
        "licence": "BSD 3-clause (torchvision)" if published else "not known",
        "note": known.note,
    }
    return Network(
        known.name, known.title, known.cut(model), known.preprocessing, imagenet_categories(), path.name,
        digest[:16], card,
    )  # fmt: skip


def _network_of(path: Path) -> str | None:
    """Which network a weights file is for, by the longest registered name it begins with."""
    matches = [name for name in ENTRIES if path.name.startswith(name)]
    return max(matches, key=len, default=None)
