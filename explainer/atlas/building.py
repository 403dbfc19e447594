"""Makes an atlas, piece by piece: each piece is a file, so that work that was stopped goes on where it stood."""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explainer.atlas.faces import dream_faces
from explainer.atlas.records import Look, company, firing, look, names, together
from explainer.atlas.store import Atlas, page_of, save
from explainer.atlas.tuning import tuning_of
from explainer.corpus import Corpus, indexed_layers
from explainer.corpus.building import view_or_reason
from explainer.errors import DataError
from explainer.networks import Network
from explainer.whole import write_whole

AT_ONCE = 16  # detectors dreamt in one batch
PHOTOGRAPHS_AT_ONCE = 32
STEPS = 48

Piece = dict[str, np.ndarray]


@dataclass(frozen=True)
class Progress:
    """How far an atlas is: pieces done of a total, and what was made last."""

    done: int
    total: int
    doing: str


def build(
    network: Network, corpus: Corpus, work: Path, folder: Path, layers: Sequence[str] | None = None, steps: int = STEPS
) -> Iterator[Progress]:
    """Make the atlas of a network, yielding after every piece and after every step of a dream.

    Args:
        corpus: the photographs to measure with.
        work: where the pieces are kept until all are there.
        folder: where the atlas goes, see :func:`~explainer.atlas.store.save`.
        layers: only these; all convolutional ones if not given.
        steps: of each dream.

    Raises:
        NetworkError: no such layer. DataError: none of the photographs can be opened, or the disk is full.
    """
    layers = [network.layer(name).name for name in layers] if layers else indexed_layers(network)
    work = work / network.digest
    pieces = [*_tuning_pieces(network, layers), *_face_pieces(network, layers, steps)]
    pieces += _look_pieces(network, corpus, layers)
    try:
        work.mkdir(parents=True, exist_ok=True)
        for number, (name, make) in enumerate(pieces):
            yield Progress(number, len(pieces), name)
            if not (work / f"{name}.npz").exists():
                _write(work / f"{name}.npz", make())
        yield Progress(len(pieces), len(pieces), "the atlas")
        save(_bound(network, corpus, layers, work, [name for name, _ in pieces]), folder)
    except OSError as error:
        raise DataError(f"The atlas could not be written: {error.strerror or error}.") from error


def _tuning_pieces(network: Network, layers: Sequence[str]) -> list[tuple[str, Callable[[], Piece]]]:
    return [(f"tuning {name}", lambda name=name: vars(tuning_of(network, network.layer(name)))) for name in layers]


def _look_pieces(network: Network, corpus: Corpus, layers: Sequence[str]) -> list[tuple[str, Callable[[], Piece]]]:
    mark = hashlib.sha256(" ".join([corpus.digest, *layers]).encode()).hexdigest()[:12]
    size = 8 * PHOTOGRAPHS_AT_ONCE
    return [
        (f"look {mark} {start}", lambda start=start: _looked(network, corpus, layers, start, start + size))
        for start in range(0, len(corpus), size)
    ]


def _looked(network: Network, corpus: Corpus, layers: Sequence[str], start: int, end: int) -> Piece:
    """A look at some photographs of a corpus, as plain arrays; an empty one if none of them can be opened."""
    views = (view_or_reason(network, corpus, number) for number in range(start, min(end, len(corpus))))
    seen = [view for view in views if not isinstance(view, str)]
    groups = [seen[at : at + PHOTOGRAPHS_AT_ONCE] for at in range(0, len(seen), PHOTOGRAPHS_AT_ONCE)]
    if not groups:
        return {}
    found = together([look(network, np.stack(group), layers) for group in groups])
    piece = {"logits": found.logits}
    for kind in ("peaks", "fired", "places", "sums", "products"):
        piece |= {f"{kind} {name}": np.asarray(getattr(found, kind)[name]) for name in layers}
    return piece


def _face_pieces(network: Network, layers: Sequence[str], steps: int) -> list[tuple[str, Callable[[], Piece]]]:
    """None for the layer that sees the colours: its weights are its faces."""
    return [
        (f"faces {name} {steps} {start}", lambda name=name, start=start: _dreamt(network, name, start, steps))
        for name in layers
        if name != network.first_layer
        for start in range(0, network.layer(name).shape[0], AT_ONCE)
    ]


def _dreamt(network: Network, layer: str, start: int, steps: int) -> Piece:
    units = range(start, min(start + AT_ONCE, network.layer(layer).shape[0]))
    *_, faces = dream_faces(network, layer, units, steps=steps, seed=start)
    return {"pixels": faces.pixels.numpy(), "values": faces.values.numpy(), "likeness": faces.likeness.numpy()}


# --- the pieces put together ---------------------------------------------------------------------------


def _bound(network: Network, corpus: Corpus, layers: Sequence[str], work: Path, names_of: Sequence[str]) -> Atlas:
    looks = [_look_of(piece, layers) for name in names_of if name.startswith("look ") if (piece := _read(work, name))]
    if not looks:
        raise DataError(f"None of the pictures in {corpus.title} can be opened.")
    found = together(looks)
    known = network.card.get("known_categories") or range(len(network.categories))
    pages = {}
    for name in layers:
        numbers = {**firing(found, name), **names(found, name, known), **company(found, name)}
        numbers |= _read(work, f"tuning {name}")
        dreams = [_read(work, piece) for piece in names_of if piece.startswith(f"faces {name} ")]
        pixels = np.concatenate([dream["pixels"] for dream in dreams]) if dreams else None
        if dreams:
            numbers |= {kind: np.concatenate([dream[kind] for dream in dreams]) for kind in ("values", "likeness")}
        pages[name] = page_of(numbers, pixels)
    return Atlas(network.name, network.digest, len(found.logits), pages)


def _look_of(piece: Piece, layers: Sequence[str]) -> Look:
    kinds = ("peaks", "fired", "places", "sums", "products")
    peaks, *rest = ({name: piece[f"{kind} {name}"] for name in layers} for kind in kinds)
    return Look(peaks, piece["logits"], *rest)


def _write(path: Path, piece: Piece) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **piece)
    write_whole(path, buffer.getvalue())


def _read(work: Path, name: str) -> Piece:
    with np.load(work / f"{name}.npz") as file:
        return dict(file)
