"""Which picture of the gallery a network is met with: one that it names rightly and surely."""

from explainer.gallery import SAMPLES, sample
from explainer.networks import Network
from explainer.workshop import once


def in_order(network: Network) -> tuple[str, ...]:
    """The gallery's things with a name, those named rightly at the first guess first, the surest before.

    How sure: the probabilities of all names that are right for the picture, together.
    """

    def merit(name: str) -> tuple[bool, float]:
        right = SAMPLES[name].shows
        trace = network.trace(sample(name))
        sure = sum(trace.probabilities[network.categories.index(each)].item() for each in right)
        return trace.top(1)[0].category in right, sure

    def ordered() -> tuple[str, ...]:
        return tuple(sorted((name for name, item in SAMPLES.items() if item.shows), key=merit, reverse=True))

    return once(("gallery in order", network.digest), ordered, for_all=True)
