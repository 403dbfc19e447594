"""``dream [IMAGE] --objective O``: a picture made to raise one of the network's answers."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.commands.options import add_network, network_of, picture_of, write
from explainer.commands.progress import progress_line

if TYPE_CHECKING:
    from explainer.dream import Frame

SUFFIXES = (".png", ".gif", ".mp4")


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("dream", help="draw what raises an answer of the network, or dream on a picture")
    parser.add_argument(
        "image", nargs="?", metavar="IMAGE", help="picture to begin with, or sample:NAME; noise if none"
    )
    parser.add_argument(
        "--objective", required=True, metavar="O",
        help="class:NAME, layer:LAYER, channel:LAYER:NUMBER, unit:LAYER:NUMBER or diversity:LAYER; "
        "several with + and weights as 0.5*",
    )  # fmt: skip
    parser.add_argument(
        "--recipe",
        metavar="R",
        help="clear, detector, naive, yosinski, lucid or deepdream "
        "(deepdream on a picture, else clear for categories and detector for layers)",
    )
    parser.add_argument("--steps", type=int, metavar="S", help="how many; the recipe's own if not given")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="side of a picture from noise (224)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="same seed, same picture (0)")
    parser.add_argument("--pictures", type=int, default=1, metavar="N", help="how many at once (1)")
    parser.add_argument("--octaves", type=int, metavar="N", help="deepdream: sizes the picture is dreamt on at (4)")
    parser.add_argument("--rate", type=float, metavar="X", help="strength of a step; the recipe's own if not given")
    parser.add_argument("--guide", metavar="IMAGE", help="deepdream: grow what this picture shows")
    parser.add_argument(
        "--scenes", type=int, metavar="N", help="deepdream: a film that zooms in, of so many scenes (1)"
    )
    add_network(parser)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="a .png, .gif or .mp4 to write"
    )
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Dream to the end with the progress on standard error if that is a terminal, then write the file."""
    from explainer.dream import DreamError, Film, png

    suffix = parsed.output.suffix.lower()
    if suffix not in SUFFIXES:
        raise DreamError(f"{parsed.output} is no PNG, GIF or MP4: end its name in .png, .gif or .mp4.")
    film, frame = Film(), None
    with progress_line() as say:
        for frame in _frames(parsed):
            say(_how_far(frame))
            if suffix != ".png":
                film.add(frame)
    write(parsed.output, png(frame) if suffix == ".png" else film.gif() if suffix == ".gif" else film.mp4())
    print(f"{parsed.output}: {frame.settings.objective} = {frame.objective:.4g} after {frame.step} steps")
    for guess in frame.guesses:
        print(f"  {guess.probability:7.2%}  {guess.category}")
    return 0


def _frames(parsed: argparse.Namespace):
    from explainer.dream import DreamError, Octaves, dream, natural_recipe, parse_objective
    from explainer.dream.recipes import find_recipe

    network = network_of(parsed)
    objective = parse_objective(parsed.objective, network)
    recipe = find_recipe(parsed.recipe or ("deepdream" if parsed.image else natural_recipe(network, objective)))
    if isinstance(recipe, Octaves) and parsed.steps is not None:
        each, left = divmod(parsed.steps, parsed.octaves or recipe.octaves)
        if left or not each:
            raise DreamError("The steps of a DeepDream are shared out: give a multiple of the number of octaves.")
        parsed.steps, recipe = None, replace(recipe, iterations=each)
    asked = {name: getattr(parsed, name) for name in ("octaves", "rate", "scenes")}
    asked = {name: value for name, value in asked.items() if value is not None}
    for name in set(asked) - set(vars(recipe)):
        raise DreamError(f"--{name} belongs to the recipe deepdream, not to {recipe.name}.")
    recipe = replace(recipe, **asked)
    return dream(
        network,
        objective,
        recipe,
        steps=parsed.steps,
        size=parsed.size,
        seed=parsed.seed,
        pictures=parsed.pictures,
        start=picture_of(parsed.image) if parsed.image else None,
        guide=picture_of(parsed.guide) if parsed.guide else None,
    )


def _how_far(frame: Frame) -> str:
    best = frame.guesses[0]
    line = f"step {frame.step} of {frame.settings.steps}  {frame.objective:9.4g}"
    return f"{line}  {best.category[:30]:>30} {best.probability:4.0%}"
