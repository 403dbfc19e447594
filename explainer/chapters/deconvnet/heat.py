"""Heat maps laid over the photograph, and the race that tells which of them to trust."""

import io
from collections.abc import Mapping
from html import escape

import numpy as np
from PIL import Image

from explainer.attribution import SIGNED, Attribution
from explainer.attribution.deletion import RANDOM, STEPS, Race, Racer, shares
from explainer.figures.tiles import Palette, address, magma, rgb

STRENGTH = 0.8  # of the heat over the photograph, at first
PALE = 0.35  # how much colour the photograph keeps under it
FIRST_HUE = 90  # of magma: darker ones could not be told from shadow


def levels(answer: Attribution) -> np.ndarray:
    """Heat as steps on its ramp: uint8 [H, W]. 128 is nothing where there is a sign, else 0.

    The strongest 0.5 % of the pixels share the ramp's end.
    """
    heat = answer.heat
    size = np.abs(heat)
    largest = float(np.quantile(size, 0.995)) or float(size.max()) or 1.0
    shown = (heat / largest).clip(-1, 1)
    return (128 + 127 * shown if answer.method in SIGNED else 255 * shown).round().astype(np.uint8)


def ramp(signed: bool, palette: Palette) -> tuple[np.ndarray, np.ndarray]:
    """Colours uint8 [256, 3] and their opacity uint8 [256], for :func:`levels`: the stronger, the less photograph."""
    steps = np.arange(256)
    if signed:
        sides = np.where(steps[:, None] < 128, rgb(palette.negative), rgb(palette.positive))
        return sides.astype(np.uint8), (np.abs(steps - 128) * 255 / 127).clip(0, 255).round().astype(np.uint8)
    hues = (FIRST_HUE + steps * (255 - FIRST_HUE) / 255).round().astype(int)
    return magma()[hues], steps.astype(np.uint8)


def layer_png(answer: Attribution, palette: Palette) -> bytes:
    """The heat alone, a PNG that lets the photograph through."""
    colours, opacity = ramp(answer.method in SIGNED, palette)
    image = Image.fromarray(levels(answer))
    image.putpalette(colours.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", transparency=opacity.tobytes(), compress_level=3)
    return file.getvalue()


def pale(view: np.ndarray) -> np.ndarray:
    """A photograph with most of its colour taken out, uint8 [H, W, 3]: as it lies under the heat."""
    grey = view @ np.array([0.2126, 0.7152, 0.0722])
    return (PALE * view + (1 - PALE) * grey[..., None]).round().clip(0, 255).astype(np.uint8)


def blended(view: np.ndarray, answer: Attribution, palette: Palette, strength: float = STRENGTH) -> np.ndarray:
    """Heat over the photograph, uint8 [H, W, 3], as the page shows it."""
    colours, opacity = ramp(answer.method in SIGNED, palette)
    steps = levels(answer)
    share = strength * opacity[steps][..., None] / 255
    return ((1 - share) * pale(view) + share * colours[steps]).round().astype(np.uint8)


def jpeg(pixels: np.ndarray) -> bytes:
    """uint8 [H, W, 3] as a small file, for photographs."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=92, subsampling=0)
    return file.getvalue()


# --- the race ---------------------------------------------------------------------------------------------


def hidden_at(racer: Racer) -> np.ndarray:
    """At which step each pixel is hidden: uint8 [H·W], 1 to STEPS."""
    counts = np.array([round(float(share) * len(racer.order)) for share in shares()])
    steps = np.empty(len(racer.order), np.uint8)
    steps[racer.order] = np.searchsorted(counts, np.arange(len(racer.order)), side="right")
    return steps


def race_data(run: Race, names: Mapping[str, str], category: str) -> dict:
    """What the browser draws of a race; the pictures once it is finished."""
    data = {
        "category": category,
        "by": run.by,
        "done": run.done,
        "shares": shares().tolist(),
        "racers": [
            {
                "name": names[racer.method],
                "random": racer.method == RANDOM,
                "hidden": racer.hidden,
                "uncovered": racer.uncovered,
            }
            for racer in run.racers
        ],
    }
    if run.finished:
        height, width = run.view.shape[:2]
        data |= {"view": address(jpeg(run.view), "jpeg"), "cover": address(jpeg(run.cover), "jpeg")}
        for racer, said in zip(run.racers, data["racers"], strict=True):
            file = io.BytesIO()
            Image.fromarray(hidden_at(racer).reshape(height, width)).save(file, "PNG", compress_level=6)
            said["steps"] = address(file.getvalue())
    return data


def race_table(run: Race, names: Mapping[str, str]) -> list[dict]:
    """A row for each racer, the best first, numbers as they are."""
    return [
        {
            "map": names[racer.method],
            "mean probability while hidden": racer.deletion,
            "mean probability while uncovered": racer.insertion,
            "hidden until it is half, %": None if racer.halved is None else 100 * racer.halved,
            "hidden until another name is first, %": None if racer.gone is None else 100 * racer.gone,
        }
        for racer in run.ranking
    ]


def race_rows(run: Race, names: Mapping[str, str]) -> list[dict]:
    """Both curves of every racer, one row for a share hidden."""
    rows = []
    for step, share in enumerate(shares()[: run.done]):
        row = {"hidden, %": 100 * float(share)}
        for racer in run.racers:
            row[f"{names[racer.method]}: hidden"] = racer.hidden[step]
            row[f"{names[racer.method]}: uncovered"] = racer.uncovered[step]
        rows.append(row)
    return rows


def percent(share: float | None) -> str:
    """ "0.4%", "12%"; a dash for None."""
    if share is None:
        return "–"
    return f"{share:.1%}" if share < 0.0995 else f"{share:.0%}"


def finding(run: Race, names: Mapping[str, str], category: str) -> str:
    """What a finished race shows, in sentences, HTML."""
    best, name = run.ranking[0], f"<b>{escape(category)}</b>"
    chance = next(racer for racer in run.racers if racer.method == RANDOM)
    worse = [racer for racer in run.ranking if racer.deletion >= chance.deletion and racer.method != RANDOM]
    hides = "blurred" if run.by == "blur" else "made grey"
    if best.method == RANDOM:
        return (
            f"<b>On this picture no map beats chance.</b> Pixels {hides} in a random order take {name} away faster "
            "than in the order of any map: none of them shows what the network goes by."
        )
    said = f"<b>On this picture, {escape(names[best.method])} finds soonest what the network goes by.</b> "
    if best.halved is not None:
        said += f"With {percent(best.halved)} of the pixels {hides}, those it marks most, {name} has lost half of its "
        said += f"{percent(best.hidden[0])}; in a random order that takes {percent(chance.halved)}. "
    if best.first[0] and best.gone is not None:
        said += f"Another name is first after {percent(best.gone)}. "
    if worse:
        listed = " and ".join(
            filter(None, [", ".join(names[one.method] for one in worse[:-1]), names[worse[-1].method]])
        )
        said += f"No better than chance: {escape(listed)}. "
    other = max((racer for racer in run.racers if racer.method != RANDOM), key=lambda racer: racer.insertion)
    if other.insertion <= chance.insertion:
        said += f"Uncovering the marked pixels first, no map brings {name} back sooner than chance."
    elif other is best:
        said += f"The other way round it wins, too: uncovering what it marks brings {name} back soonest."
    else:
        said += (
            f"The other way round, <b>{escape(names[other.method])}</b> wins: uncovering what it marks brings {name} "
            "back soonest. A few pixels can spoil an answer that they could not give by themselves."
        )
    return said


def race_progress(run: Race) -> tuple[float, str]:
    """The share done, and what is said beside it."""
    hidden = float(shares()[run.done - 1])
    return run.done / (STEPS + 1), f"{percent(hidden)} of the pixels hidden"
