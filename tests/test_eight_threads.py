"""What eight visitors compute at the same moment is, to the bit, what each computes alone.

Every backend function that a chapter calls while it is drawn, with several pictures and settings, first
one after the other, then from eight threads at once in mixed order, on networks that are loaded anew. No
lock, hook, cache or setting of the process may let one visitor's work show in another's.
"""

import io
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from explainer import digits as digit_networks
from explainer.attribution import METHODS, attribute, comparing, deletion, evidence, look_behind, randomised, votes
from explainer.chapters.backpropagation import lesson as backpropagation
from explainer.chapters.convolution import filtering as convolution
from explainer.chapters.convolution import tiny_network
from explainer.chapters.first_layer.filters import first_layer, products_at
from explainer.chapters.history import FIVE, Problem, block, problem, speeds
from explainer.chapters.history import count as counted
from explainer.chapters.layers import anatomy
from explainer.chapters.limits import KINDS, nudge, sweep
from explainer.chapters.limits.context import middle, taken_apart
from explainer.chapters.limits.parts import four_ways
from explainer.chapters.neuron import model as neuron
from explainer.chapters.nonlinearity import bending as nonlinearity
from explainer.chapters.translation import shifting as translation
from explainer.chapters.verdict import switching as verdict
from explainer.corpus import build, exemplars, open_index, uploads_corpus
from explainer.deconvnet import project, strongest
from explainer.digits import convolutional, lines
from explainer.digits.reading import confusion, hidden_pictures
from explainer.digits.reading import votes as digit_votes
from explainer.digits.steps import check_gradient, walk
from explainer.dream import dream
from explainer.dream.recipes import Octaves
from explainer.gallery import sample
from explainer.networks import ENTRIES, Network, Preprocessing, load_network
from explainer.networks.feature_maps import strongest_place
from explainer.networks.layers import describe
from explainer.networks.zoo import imagenet_categories
from explainer.pictures import Crop, Picture
from tests.dream.conftest import toy_network

THREADS, ROUNDS = 8, 2
PICTURES = ("cat", "coffee", "rocket")


def random_network(name: str, side: int) -> Network:
    """One of the zoo's structures with random weights, for pictures small enough to be quick."""
    known, generator = ENTRIES[name], torch.Generator().manual_seed(1)
    stages = known.cut(known.build())
    for module in stages.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.data.normal_(0, math.sqrt(2 / module.weight[0].numel()), generator=generator)
            if module.bias is not None:
                module.bias.data.normal_(0, 0.1, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    return Network(name, name, stages, Preprocessing(side, side), imagenet_categories(), "random", f"random {name}", {})


class World:
    """What all visitors share: networks and digits, loaded anew for each round of visitors."""

    def __init__(self, folder: Path):
        self.folder, self._files = folder, count()
        self.network, self.toy = load_network(), toy_network(0.1)
        self.blocks, self.bends = random_network("squeezenet", 96), random_network("mobilenet", 64)
        self.digits = digit_networks.small_digits().first(600)
        self.fifteen, _ = digit_networks.load_network("digits-15")
        self.convolutional = convolutional.load_convolutional()
        self.tiny = tiny_network.load_tiny()

    @cached_property
    def corpus(self):
        files = []
        for number in range(12):
            pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8).repeat(5, 0).repeat(5, 1)
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "PNG")
            files.append((f"{number}.png", file.getvalue()))
        return uploads_corpus(files)

    def own_folder(self) -> Path:
        return self.folder / str(next(self._files))


Job = Callable[[World], object]


def last(steps: Iterator) -> object:
    for state in steps:  # noqa: B007
        pass
    return state


def whole_index(world: World, unit: int) -> list:
    index = open_index(world.toy, world.corpus, world.own_folder())
    last(build(world.toy, world.corpus, index))
    return [exemplars(world.toy, world.corpus, index, "conv2", unit), index.records("conv1")]


def trained(world: World, seed: int, hidden: int) -> list:
    progress = last(digit_networks.train(world.digits, hidden=hidden, epochs=1, seed=seed))
    return [progress.network.weights, progress.network.biases, progress.cost, progress.accuracy]


def taken_down(world: World, case: str) -> list:
    lesson = backpropagation.first_lesson(case, world.digits)
    return [walk(lesson.network, lesson.picture, lesson.label), check_gradient(
        lesson.network, lesson.picture, lesson.label, every=97
    )]  # fmt: skip


def shares(world: World, name: str, layer: str, category: int) -> list:
    """The verdict with another category to compare with, and with detectors switched off."""
    network = world.network if name in PICTURES else world.blocks
    trace = network.trace(sample(name if name in PICTURES else "cat"))
    without = verdict.without(network, trace, layer, [3, 17])
    return [
        evidence.verdict(network, trace, layer, category),
        evidence.verdict(network, trace, layer, category, instead_of=trace.top(1)[0].index),
        verdict.changes(trace, without),
    ]


def estimated(world: World, category: int) -> evidence.Verdict:
    """Where something bends smoothly, Captum's conductance: with hooks on modules of its own."""
    layer = evidence.evidence_layers(world.bends)[-1]
    found = evidence.verdict(world.bends, world.bends.trace(small_picture(category)), layer, category)
    assert found.method == evidence.CONDUCTANCE
    return found


def looked_at(world: World, name: str) -> list:
    """What the pages on the first layer and on all layers show of one picture."""
    network, first = world.network, first_layer(world.network)
    trace = network.trace(sample(name))
    place = strongest_place(trace["conv1"][5])
    return [
        trace.activations, network.classify(sample(name)), vars(products_at(first, trace, 5, *place)),
        anatomy.awake(network, trace, "conv3"), anatomy.chapter_numbers(network), anatomy.wiring(network),
        anatomy.field_pixels(network, trace, "conv4", 2, 3), describe(network.stages, 227),
    ]  # fmt: skip


def dreamt(network: Network, objective: str, **options) -> list:
    frame = last(dream(network, objective, **options))
    return [frame.pixels, frame.objective, frame.guesses]


def raced(world: World, seed: int) -> object:
    picture = small_picture(seed)
    return last(deletion.race(world.toy, picture, [attribute(world.toy, picture, 1, "gradient")]))


def small_picture(seed: int) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8).repeat(5, 0).repeat(5, 1))


def a_convolution(seed: int) -> Problem:
    generator = torch.Generator().manual_seed(seed)
    return Problem(torch.randn(6, 9, 9, generator=generator), torch.randn(8, 6, 3, 3, generator=generator))


def jobs() -> dict[str, Job]:
    """Every chapter's work by name; nothing in it depends on the clock."""
    found: dict[str, Job] = {}
    for name in PICTURES:
        found[f"first layer, layers: {name}"] = lambda w, name=name: looked_at(w, name)
        found[f"network of blocks: {name}"] = lambda w, name=name: w.blocks.trace(sample(name)).activations
        found[f"deconvnet: {name}"] = lambda w, name=name: [
            project(w.network, sample(name), "conv3", 7, method=method) for method in ("deconvnet", "guided")
        ]
        found[f"verdict: {name}"] = lambda w, name=name: shares(w, name, "conv5", 281)
        found[f"limits, parts: {name}"] = lambda w, name=name: four_ways(
            w.network, sample(name), [Crop(40, 30, 120, 90)]
        )
        found[f"history, problem: {name}"] = lambda w, name=name: problem(sample(name))
        found[f"convolution: {name}"] = lambda w, name=name: convolution.look_through(
            sample(name).pixels, np.outer([1, 2, 1], [-1, 0, 1])
        )
    for number, name in enumerate(FIVE):
        found[f"history: {name}"] = lambda w, name=name: counted.__wrapped__(name)
        found[f"verdict in blocks: {number}"] = lambda w, n=number: shares(w, "blocks", "fire8", n)
    for category in range(2):
        found[f"verdict, estimated: {category}"] = lambda w, category=category: estimated(w, category)
    for kind in ("skip", "inception"):
        found[f"history, paths: {kind}"] = lambda w, kind=kind: block(kind)
    for seed in range(3):
        found[f"attribution: {seed}"] = lambda w, seed=seed: [
            attribute(w.toy, small_picture(seed), 1, method) for method in METHODS
        ]
        found[f"deconvnet, strongest: {seed}"] = lambda w, seed=seed: (
            lambda found: [found, look_behind(w.toy, found)]
        )(strongest(w.toy, small_picture(seed), "conv2"))
        found[f"deconvnet, votes: {seed}"] = lambda w, seed=seed: votes(w.blocks, sample(PICTURES[seed]), 7)
        found[f"deconvnet, random weights: {seed}"] = lambda w, seed=seed: (
            randomised(w.toy, "conv2", seed).trace(small_picture(seed)).activations
        )
        found[f"deconvnet, check: {seed}"] = lambda w, seed=seed: last(
            comparing.check(w.toy, small_picture(seed), 2, "gradcam")
        )
        found[f"deconvnet, race: {seed}"] = lambda w, seed=seed: raced(w, seed)
        found[f"corpus: {seed}"] = lambda w, seed=seed: whole_index(w, seed)
        found[f"limits: {seed}"] = lambda w, seed=seed: vars(
            sweep(w.toy, small_picture(seed), KINDS["rotation"], [-20, 0, 40])
        )
        found[f"limits, nudge: {seed}"] = lambda w, seed=seed: nudge(w.toy, w.toy.trace(small_picture(seed)))
        found[f"limits, places: {seed}"] = lambda w, seed=seed: taken_apart(
            w.network, w.network.trace(sample(PICTURES[seed])), middle(), "grey", "blur"
        )
        found[f"dream: {seed}"] = lambda w, seed=seed: dreamt(
            w.toy, ("class:teapot", "layer:conv1", "unit:conv2:3")[seed], steps=6, seed=seed, size=32
        )
        found[f"dream, large: {seed}"] = lambda w, seed=seed: dreamt(
            w.network, f"channel:conv2:{seed}", steps=2, size=64, seed=seed, precision=("float32", "bfloat16")[seed % 2]
        )
        found[f"dream of a picture: {seed}"] = lambda w, seed=seed: dreamt(
            w.toy, "layer:conv2", recipe=Octaves(octaves=2, iterations=2), start=small_picture(seed), seed=seed
        )
        found[f"digits: {seed}"] = lambda w, seed=seed: trained(w, seed, 8 + seed)
        found[f"digits, reading: {seed}"] = lambda w, seed=seed: [
            digit_votes(w.fifteen, w.digits.test_images[seed]), hidden_pictures(w.fifteen),
            confusion(w.fifteen, w.digits.test_images, w.digits.test_labels),
        ]  # fmt: skip
        found[f"translation: {seed}"] = lambda w, seed=seed: translation.every_shift(
            w.fifteen, w.convolutional, w.digits.test_images[seed], reach=4
        )
        found[f"translation, map: {seed}"] = lambda w, seed=seed: last(
            translation.shift_map(
                w.fifteen, w.convolutional, w.digits.test_images[seed::9], w.digits.test_labels[seed::9], reach=3
            )
        )
        found[f"translation, line: {seed}"] = lambda w, seed=seed: [
            lines.scan_convolution(w.fifteen, strip).maps for strip in [lines.write_number("20", w.digits, seed)]
        ]
        found[f"neuron: {seed}"] = lambda w, seed=seed: list(
            neuron.train((0, 1, 0, 1, 0, 0, 0, 1), "sigmoid", seed=seed, steps=60)
        )
        found[f"nonlinearity: {seed}"] = lambda w, seed=seed: last(
            nonlinearity.fit_curve(nonlinearity.target("wave"), 8, steps=60, seed=seed)
        )
        found[f"history, ways: {seed}"] = lambda w, seed=seed: last(speeds(a_convolution(seed), rounds=1)).differences
        found[f"convolution, drawing: {seed}"] = lambda w, seed=seed: w.tiny(
            torch.rand(2, 1, 10, 10, generator=torch.Generator().manual_seed(seed))
        )
    for case in ("worked case", "untrained", "trained"):
        found[f"backpropagation: {case}"] = lambda w, case=case: taken_down(w, case)
    return found


def bits(value: object) -> object:
    """Everything in a result, with numbers as the bytes they are kept in; times that were measured left out."""
    if isinstance(value, torch.Tensor):
        value = value.detach()
        value = value.view(torch.int16) if value.dtype == torch.bfloat16 else value
        return "tensor", tuple(value.shape), str(value.dtype), value.contiguous().numpy().tobytes()
    if isinstance(value, np.ndarray):
        return "array", value.shape, str(value.dtype), np.ascontiguousarray(value).tobytes()
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, dict):
        return [(str(key), bits(each)) for key, each in value.items()]
    if isinstance(value, list | tuple):
        return [bits(each) for each in value]
    if is_dataclass(value):
        return [(field.name, bits(getattr(value, field.name))) for field in fields(value) if field.compare]
    return value if isinstance(value, str | int | bytes | bool | None) else type(value).__name__


@dataclass
class Found:
    """What went wrong: by job and kind of error, how often."""

    errors: Counter
    different: Counter

    def __str__(self) -> str:
        lines = [f"{times} × {what}" for what, times in self.errors.most_common()]
        return "\n".join(lines + [f"{times} × {name}: other numbers" for name, times in self.different.most_common()])


def at_once(alone: dict[str, object], world: World, work: dict[str, Job]) -> Found:
    """Run all work ROUNDS times over from eight threads, in an order of each round's own."""
    found, start = Found(Counter(), Counter()), Barrier(THREADS)
    queue = [name for seed in range(ROUNDS) for name in random.Random(seed).sample(sorted(work), len(work))]
    waiting = iter(queue)  # list iterators hand out each entry once, to whichever thread asks

    def visit() -> None:
        start.wait(60)
        for name in waiting:
            try:
                same = bits(work[name](world)) == alone[name]
            except Exception as error:
                found.errors[f"{name}: {type(error).__name__}: {str(error)[:100]}"] += 1
            else:
                found.different[name] += not same

    with ThreadPoolExecutor(THREADS) as pool:
        for visitor in [pool.submit(visit) for _ in range(THREADS)]:
            visitor.result()
    found.different = +found.different
    return found


def test_eight_threads_get_what_one_gets_alone(tmp_path):
    work, world = jobs(), World(tmp_path / "alone")
    alone = {name: bits(job(world)) for name, job in work.items()}
    found = at_once(alone, World(tmp_path / "together"), work)
    assert not str(found), f"\n{found}"


@pytest.mark.parametrize("one", ["verdict: cat", "dream: 1"])
def test_the_comparison_would_tell_another_number(tmp_path, one):
    work, world = jobs(), World(tmp_path)
    other = {"verdict: cat": "verdict: coffee", "dream: 1": "dream: 2"}[one]
    assert bits(work[one](world)) == bits(work[one](world)) != bits(work[other](world))
