"""What the shared trace saves: a control's answer from the trace against a forward pass of its own."""

from statistics import median
from time import perf_counter

from explainer.chapters.first_layer.filters import first_layer, products_at
from explainer.gallery import sample
from explainer.networks import load_network
from explainer.networks.feature_maps import strongest_place

ROUNDS = 30


def milliseconds(work) -> float:
    """Median time of a call."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append(1000 * (perf_counter() - start))
    return median(times)


def main() -> None:
    """Choose a detector: with the trace remembered, and with the network run anew each time."""
    network, picture = load_network(), sample("cat")
    first = first_layer(network)

    def choose(trace) -> None:
        products_at(first, trace, 7, *strongest_place(trace["conv1"][7]))

    warm = milliseconds(lambda: choose(network.trace(picture)))
    cold = milliseconds(lambda: choose(network._forward(picture)))
    print(f"choosing a detector: {warm:.2f} ms with the trace, {cold:.2f} ms with a forward pass ({cold / warm:.0f}×)")


if __name__ == "__main__":
    main()
