"""Dreams against the popular PyTorch port, and against the clock.

The port is a guest of this benchmark only:
``pip install --no-deps torch-lucent==0.1.8 kornia==0.4.1``, then ``pip install ipython decorator``. It gets the
same network, picture size, view size and random movements, and the weights as a file hands them out (``frozen``:
the same without gradients for them, which its own instructions don't ask for). Rounds alternate, so that a crowded
machine slows both alike; the processor's own time is printed beside the wall's. ``bare`` is what no step can do
without, the network forward and backward and nothing else: the port's time over it is the most that could be gained.
"""

import copy
import os
import time
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn

from explainer.chapters.dream.figures import named_sheet
from explainer.dream import RECIPES, Objective, dream, parse_objective, read
from explainer.dream.forward import activations, best_precision, normalise
from explainer.dream.render import view_side
from explainer.dream.transform import compose, jitter, look, mirror, rotate, scale
from explainer.gallery import sample
from explainer.networks import Network, Preprocessing, find_weights, load_network, stages
from explainer.networks.vision import torchvision
from explainer.networks.zoo import imagenet_categories
from explainer.pictures import Picture
from explainer.places import ROOT

torchvision()  # the port imports it, and can't where its operators are missing
try:
    from lucent.optvis import objectives, param, render
except ImportError:
    render = None

STEPS = 128  # after which the objectives are compared
ROUND = 16  # steps a round
ROUNDS = 3


def main() -> None:
    """Every figure, in one run."""
    print(f"load {os.getloadavg()[0]:.1f} before the start")
    against_the_port()
    against_the_clock()
    read_by_others()


# --- the port ------------------------------------------------------------------------------------------


def against_the_port() -> None:
    """Milliseconds a step by the wall's and the processor's clock, and the objective after 128 steps."""
    if render is None:
        print("torch-lucent is not here; see the head of benchmarks/dream.py")
        return
    embedded = load_network()
    category = embedded.categories.index("goldfish")
    print(
        f"{'network':<40}{'objective':<18}{'ours':>9}{'port':>16}{'frozen':>16}{'bare':>10}"
        f"{'ours reached':>14}{'port reached':>14}"
    )
    for network, text, layer, index in (
        (one_card_alexnet(), f"class:{category}", "fc8", category),
        (embedded, f"class:{category}", "fc8", category),
        (embedded, "channel:conv5:44", "conv5", 44),
        (embedded, "unit:conv3:44", "conv3", 44),
        (embedded, "unit:conv2:44", "conv2", 44),
    ):
        size = network.preprocessing.size
        measure = objectives.neuron if text.startswith("unit") else objectives.channel
        models = {"port": copy.deepcopy(network.stages).requires_grad_(True), "frozen": copy.deepcopy(network.stages)}
        contestants = {"ours": partial(ours, network, text, size)}
        contestants |= {name: partial(port, model, measure(layer, index), size) for name, model in models.items()}
        contestants["bare"] = partial(bare, network, text, size)
        paced = paces(contestants)
        objective = parse_objective(text, network)
        reached = [heights(network, objective, contestants[name](STEPS)) for name in ("ours", "port")]
        for clock, pace in zip(("wall", "processor"), paced, strict=True):
            rivals = "".join(f"{pace[name]:7.1f} ms {pace[name] / pace['ours']:4.1f}×" for name in models)
            end = "".join(f"{value:14.2f}" for value in reached) if clock == "wall" else ""
            print(f"{network.title if end else '  on the processor':<40}{text if end else '':<18}"
                  f"{pace['ours']:6.1f} ms {rivals}{pace['bare']:7.1f} ms{end}", flush=True)  # fmt: skip


def ours(network: Network, text: str, size: int, steps: int) -> np.ndarray:
    """The last picture of a dream by the port's recipe, 0 to 1."""
    *_, frame = dream(network, text, "lucid", size=size, steps=steps, guess_every=0)
    return frame.pixels / 255


def bare(network: Network, text: str, size: int, steps: int) -> None:
    """The network forward and backward as our steps run it, on one view, with nothing before or after."""
    objective = parse_objective(text, network)
    side = view_side(network, objective, size)
    view = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)).requires_grad_()
    for _ in range(steps):
        found = activations(network, view, objective.layers, best_precision())
        torch.autograd.grad(objective.measure(found).sum(), view)


def port(model: nn.Module, objective, size: int, steps: int) -> np.ndarray:
    """The same by the port."""
    np.random.seed(0)
    torch.manual_seed(0)
    pictures = render.render_vis(
        model,
        objective,
        lambda: param.image(size),
        thresholds=(steps,),
        progress=False,
        show_image=False,
        fixed_image_size=size,
    )
    for module in model.modules():
        module._forward_hooks.clear()  # the port leaves its own behind, and they add up
    return pictures[0][0]


def paces(contestants: dict) -> tuple[dict[str, float], dict[str, float]]:
    """Median milliseconds a step, by the wall's clock and the processor's."""
    wall, processor = ({name: [] for name in contestants} for _ in range(2))
    for work in contestants.values():
        work(2)
    for _ in range(ROUNDS):
        for name, work in contestants.items():
            begun, busy = time.perf_counter(), time.process_time()
            work(ROUND)
            wall[name].append(1000 * (time.perf_counter() - begun) / ROUND)
            processor[name].append(1000 * (time.process_time() - busy) / ROUND)
    return {name: median(times) for name, times in wall.items()}, {
        name: median(times) for name, times in processor.items()
    }


def heights(network: Network, objective: Objective, picture: np.ndarray, views: int = 32) -> float:
    """An objective's mean over random views of a finished picture (0 to 1, [H, W, 3])."""
    generator, size = torch.Generator().manual_seed(99), network.preprocessing.size
    draw = compose([jitter(10, size), scale(0.9, 1.1), rotate(10)])
    x = torch.from_numpy(np.ascontiguousarray(picture)).float().permute(2, 0, 1).expand(views, -1, -1, -1)
    x = normalise(network, look(x, draw(views, generator), size, "grey"))
    with torch.no_grad():
        return objective.measure({name: network.run(x, stop=name) for name in objective.layers}).mean().item()


def one_card_alexnet() -> Network:
    """torchvision's AlexNet: its published weights if this machine has them, random ones if not."""
    if find_weights("alexnet"):
        return load_network("alexnet")
    torch.manual_seed(0)
    model = torchvision().models.alexnet(weights=None).eval()
    return Network(
        "alexnet", "torchvision's AlexNet (random weights)", stages.of_alexnet(model), Preprocessing(),
        imagenet_categories(), "random", "0" * 16, {},
    )  # fmt: skip


# --- the clock -----------------------------------------------------------------------------------------


def against_the_clock() -> None:
    network = load_network()
    for _ in dream(network, "class:dumbbell", steps=2):
        pass
    begun = time.perf_counter()
    arrivals = [time.perf_counter() - begun for _ in dream(network, "class:dumbbell", steps=256)]
    print(
        f"a 224-pixel dumbbell of 256 steps: {arrivals[-1]:.1f} s (limit 8), the first picture after "
        f"{1000 * arrivals[0]:.0f} ms (limit 500), then {255 / (arrivals[-1] - arrivals[0]):.0f} a second (at least 4)",
        flush=True,
    )
    pixels = np.resize(sample("coffee").pixels, (480, 640, 3))
    begun = time.perf_counter()
    steps = sum(1 for _ in dream(network, "layer:conv5", RECIPES["deepdream"], start=Picture(pixels)))
    print(f"a DeepDream of {steps} steps in four octaves, 640 × 480: {time.perf_counter() - begun:.1f} s (limit 10)")


# --- what is read in the pictures ----------------------------------------------------------------------

TEN = ("dumbbell", "tench", "English springer", "parachute", "monarch", "church", "garbage truck", "golf ball",
       "school bus", "goldfish")  # fmt: skip
SHEET = ROOT / "build" / "ten-dreams.png"


def read_by_others(seed: int = 0, sheet: Path = SHEET) -> None:
    """Ten pictures by the default recipe, read by their own network in fresh random crops, and by its teacher."""
    network, teacher = load_network(), squeezenet()
    own, theirs, pictures = [], [], []
    for category in TEN:
        *_, frame = dream(network, f"class:{category}", seed=seed, guess_every=0)
        pictures.append(frame.pixels)
        index = network.categories.index(category)
        own.append((crops_read(network, frame.pixels) == index).float().mean().item())
        if teacher:
            guesses = [guess.category for guess in read(teacher, frame.pixels)]
            theirs.append(guesses.index(category) + 1 if category in guesses else 0)
        place = f"guess {theirs[-1]} of {teacher.title}" if theirs and theirs[-1] else "not among its teacher's five"
        print(f"{category:<18}first guess in {own[-1]:4.0%} of crops; {place if teacher else ''}", flush=True)
    print(f"first guess of its own network in most crops: {sum(share > 0.5 for share in own)} of {len(TEN)}", end="")
    print(
        f"; among the five of {teacher.title}, its teacher: {sum(map(bool, theirs))}"
        if teacher
        else "; no second network here"
    )
    sheet.parent.mkdir(exist_ok=True)
    sheet.write_bytes(named_sheet(pictures, TEN, 5))
    print(f"the ten: {sheet.relative_to(ROOT)}")


def crops_read(network: Network, pixels: np.ndarray, count: int = 40) -> torch.Tensor:
    """The first guess in each of ``count`` random crops (3/4 to all of the side, mirrored half of the time)."""
    size, generator = network.preprocessing.size, torch.Generator().manual_seed(4321)
    x = torch.from_numpy(np.array(pixels)).float().permute(2, 0, 1).expand(count, -1, -1, -1) / 255
    matrices = compose([scale(1, 4 / 3), mirror()])(count, generator)
    room = 1 - matrices[:, 1, 1]  # what the crop can be moved by without leaving the picture
    matrices[:, :2, 2] = (2 * torch.rand(count, 2, generator=generator) - 1) * room[:, None]
    with torch.no_grad():
        return network.run(normalise(network, look(x, matrices, size))).argmax(1)


def squeezenet() -> Network | None:
    """The network that taught the one in the box, if its weights are on this machine: no independent judge."""
    beside = sorted((ROOT.parent / "shared" / "weights").glob("squeezenet*.pth"))
    if find_weights("squeezenet") or beside:
        return load_network("squeezenet", None if find_weights("squeezenet") else beside[0])
    return None


if __name__ == "__main__":
    main()
