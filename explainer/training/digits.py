"""Trains the digit networks that ship: ``python -m explainer.training.digits [NAME…]``, with all of MNIST at hand.

The 1,000 test digits of the small set come from MNIST's learning digits. They are left out here, so
that no accuracy the app shows is measured on digits that were learned.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor

from explainer.digits.convolutional import SmallConvolutional
from explainer.digits.data import SIDE, Digits, load_digits, small_digits
from explainer.digits.files import save_network
from explainer.digits.lines import find_digits, number_read, scan_convolution, write_number
from explainer.digits.network import CrossEntropy, Descent, Network, new_network, parameters_of
from explainer.digits.reading import accuracy
from explainer.digits.training import Settings, settings_dict, train
from explainer.places import NETWORKS
from explainer.threads import one_thread_each
from explainer.whole import write_whole

LICENCE = "Trained by this project; the weights are under the project's licence."
NOTHING = 10  # the label of a window that shows no whole digit: one_hot makes it ten zeros


def without(data: Digits, others: Digits) -> Digits:
    """``data`` less the learning digits that are test digits of ``others``."""
    known = {image.numpy().tobytes() for image in others.test_images}
    kept = torch.tensor([image.numpy().tobytes() not in known for image in data.train_images])
    source = f"{data.source} {int((~kept).sum()):,} left out that the small set tests on."
    images, labels = data.train_images[kept], data.train_labels[kept]
    return Digits(images, labels, data.test_images, data.test_labels, data.name, source)


def make_fifteen(data: Digits) -> dict:
    """The network the chapters open with: 784-15-10."""
    settings = Settings(
        hidden=(15,), epochs=20, rate=0.5, cost="cross-entropy", initial="scaled", regularisation=1.0, decay=0.88
    )
    for progress in train(data, settings):
        if progress.position % 1 == 0:
            print(f"  epoch {progress.epoch}: {progress.accuracy:.2%}", flush=True)
    facts = _facts(progress.network, data) | {"settings": settings_dict(settings)}
    content = save_network(progress.network, "digits-15", settings, accuracy=facts["accuracy"])
    return _write("digits-15", content, facts)


def make_convolutional(data: Digits) -> dict:
    """The small convolutional network, trained on the same centred digits, none of them moved.

    Every other batch has paper around its digits, two whole steps of the last feature map to each side,
    so that the network meets pictures larger than 28×28.
    """
    torch.manual_seed(0)
    epochs, batch, rate = 5, 50, 3e-3
    model = SmallConvolutional()
    steps = epochs * (len(data.train_labels) // batch)
    adam = torch.optim.Adam(model.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, rate, steps)
    images = data.train_images.view(-1, 1, SIDE, SIDE)
    model.to(memory_format=torch.channels_last)
    for epoch in range(epochs):
        for number, part in enumerate(torch.randperm(len(images)).split(batch)[: len(images) // batch]):
            seen = F.pad(images[part], (8,) * 4) if number % 2 else images[part]
            loss = F.cross_entropy(model(seen), data.train_labels[part])
            adam.zero_grad()
            loss.backward()
            adam.step()
            schedule.step()
        right = _right(model, data.test_images, data.test_labels)
        print(f"  epoch {epoch + 1}: {right:.2%}", flush=True)
    model.requires_grad_(False)
    small = small_digits()
    facts = {
        "layers": "conv1 8×5×5, pool 2, conv2 24×5×5, pool 2, conv3 64×2×2, maximum over all places, vote 10",
        "parameters": sum(p.numel() for p in model.parameters()),
        "accuracy": right,
        "accuracy_small": _right(model, small.test_images, small.test_labels),
        "trained_on": data.source,
        "recipe": f"Adam, rate {rate} in one cycle, batch {batch}, {epochs} epochs, digits where MNIST has them",
    }
    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    return _write("digits-convolutional", save(state), facts)


def make_windows(data: Digits) -> dict:
    """A digit network that has also seen what is no digit, for reading wide pictures window by window.

    A window with a digit in its middle (neighbours may show at its sides) wants that digit's output; one
    whose digits are off its middle by four pixels or more, a gap, or bare paper wants all ten at 0.
    """
    hidden, rounds, batch, rate, decay = 120, 30, 10, 0.3, 0.92
    network = new_network((SIDE * SIDE, hidden, 10), "scaled", 0)
    random = torch.Generator().manual_seed(0)
    started = time.perf_counter()
    for number in range(rounds):
        with torch.inference_mode():
            for _ in range(30):
                images, labels = windows(data.train_images, data.train_labels, 2_000, random)
                targets = torch.eye(11)[labels, :10]
                descent = Descent(network)
                for x, y in zip(images.split(batch), targets.split(batch), strict=True):
                    descent.step(x, y, CrossEntropy, rate, shrink=1 - rate / 60_000)
                descent.finish()
        rate *= decay
        if number % 5 == 4:
            read = numbers_read(network, data, 100)
            print(f"  round {number + 1}: {read:.0%} of numbers, {time.perf_counter() - started:.0f} s", flush=True)
    facts = _facts(network, data) | {
        "numbers_read": numbers_read(network, data, 500),
        "numbers": "500 numbers of two to five test digits, 0 to 6 pixels apart, read without a fault",
        "recipe": f"{rounds} × 60,000 windows cut from lines of digits, {hidden} hidden, cross-entropy, batch {batch}",
    }
    return _write("digits-windows", save_network(network, "digits-windows", **facts), facts)


def windows(images: Tensor, labels: Tensor, count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Windows of lines of digits, up to [count, 784], each labelled with the digit in its middle or :data:`NOTHING`.

    Windows that miss a digit's middle by two or three pixels are neither and left out.
    """

    def draw(low: int, high: int, *shape: int) -> Tensor:
        return torch.randint(low, high + 1, shape, generator=random)

    def chance(share: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=random) < share

    # Lines of up to three digits, the second in the middle. A neighbour's ink begins 0 to 8 pixels from its ink.
    chosen = draw(0, len(labels) - 1, count, 3)
    pictures = _rescaled(images[chosen.flatten()].view(-1, SIDE, SIDE), random).view(count, 3, SIDE, SIDE)
    inked, places = (pictures > 0.1).any(2), torch.arange(SIDE)
    left, right = torch.where(inked, places, SIDE).amin(2), torch.where(inked, places, -1).amax(2) + 1
    gaps = draw(0, 8, count, 2)
    starts = torch.stack(
        [
            SIDE + left[:, 1] - gaps[:, 0] - right[:, 0],
            torch.full((count,), SIDE),
            SIDE + right[:, 1] + gaps[:, 1] - left[:, 2],
        ],
        dim=1,
    )
    present = torch.stack([chance(0.75, count), torch.ones(count, dtype=torch.bool), chance(0.75, count)], dim=1)
    line = torch.zeros(count, SIDE, 3 * SIDE)
    columns = torch.arange(3 * SIDE)
    for which in range(3):
        source = columns - starts[:, which, None]
        inside = (source >= 0) & (source < SIDE) & present[:, which, None]
        source = source.clamp(0, SIDE - 1)[:, None, :].expand_as(line)
        line = torch.maximum(line, pictures[:, which].gather(2, source) * inside[:, None])

    # Half of the windows stand on the middle digit, give or take a pixel; most of the others beside it, some above.
    on, sideways = chance(0.5, count), chance(0.8, count)
    signs = 2 * draw(0, 1, count, 2) - 1
    aside = torch.stack([draw(2, 14, count) * signs[:, 0], draw(-6, 6, count)], dim=1)
    above = torch.stack([draw(-14, 14, count), draw(2, 10, count) * signs[:, 1]], dim=1)
    moved = torch.where(on[:, None], draw(-1, 1, count, 2), torch.where(sideways[:, None], aside, above))
    rows = (places + moved[:, 1, None]).clamp(-1, SIDE) + 1
    cut = F.pad(line, (0, 0, 1, 1)).gather(1, rows[:, :, None].expand(count, SIDE, 3 * SIDE))
    cut = cut.gather(2, (SIDE + places + moved[:, 0, None])[:, None, :].expand(count, SIDE, SIDE))

    wanted = torch.full((count,), NOTHING)
    for which in range(3):
        off = torch.maximum((starts[:, which] - SIDE - moved[:, 0]).abs(), moved[:, 1].abs())
        wanted[present[:, which] & (off <= 3)] = -1
        exact = present[:, which] & (off <= 1)
        wanted[exact] = labels[chosen[exact, which]]
    blank = chance(0.01, count)
    cut[blank], wanted[blank] = 0, NOTHING
    kept = (wanted >= 0).nonzero().flatten()
    return cut[kept].reshape(-1, SIDE * SIDE), wanted[kept]


def numbers_read(network: Network, data: Digits, count: int) -> float:
    """The share of handwritten numbers, of two to five test digits, that are read without a fault."""
    random, right = torch.Generator().manual_seed(1), 0
    for seed in range(count):
        length = int(torch.randint(2, 6, (1,), generator=random))
        number = "".join(str(int(torch.randint(10, (1,), generator=random))) for _ in range(length))
        found = find_digits(scan_convolution(network, write_number(number, data, seed)))
        right += number_read(found) == number
    return right / count


def _rescaled(pictures: Tensor, random: torch.Generator) -> Tensor:
    """Each picture a little smaller or larger, about its middle."""
    count = len(pictures)
    scale = 0.85 + 0.3 * torch.rand(count, 2, generator=random)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = 1 / scale[:, 0], 1 / scale[:, 1]
    places = F.affine_grid(theta, (count, 1, SIDE, SIDE), align_corners=False)
    return F.grid_sample(pictures[:, None], places, align_corners=False)[:, 0]


def _facts(network: Network, data: Digits) -> dict:
    small = small_digits()
    return {
        "layers": "-".join(map(str, network.sizes)),
        "parameters": parameters_of(network),
        "accuracy": round(accuracy(network, data.test_images, data.test_labels), 4),
        "accuracy_small": round(accuracy(network, small.test_images, small.test_labels), 4),
        "trained_on": data.source,
    }


def _right(model: SmallConvolutional, images: Tensor, labels: Tensor) -> float:
    with torch.inference_mode():
        parts = [model(part).argmax(1) for part in images.view(-1, 1, SIDE, SIDE).split(500)]
    return round((torch.cat(parts) == labels).float().mean().item(), 4)


def _write(name: str, content: bytes, facts: dict) -> dict:
    card = {"name": name, **facts, "tested_on": "MNIST's 10,000 test digits", "licence": LICENCE}
    write_whole(NETWORKS / f"{name}.safetensors", content)
    write_whole(NETWORKS / f"{name}.json", (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode())
    return card


MAKERS = {"digits-15": make_fifteen, "digits-convolutional": make_convolutional, "digits-windows": make_windows}


def main(names: list[str]) -> None:
    one_thread_each()
    data = without(load_digits("full"), small_digits())
    for name in names or MAKERS:
        print(name, flush=True)
        print(json.dumps(MAKERS[name](data), ensure_ascii=False, indent=1), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
