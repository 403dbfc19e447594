"""What a quiz asks about: the picture, the network, and what the chapter's controls say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from explainer.networks import Network, Trace
from explainer.pictures import Picture


@dataclass(frozen=True)
class Stage:
    """The state of a page when a quiz begins. shown: what its controls hold, by their keys."""

    network: Network
    picture: Picture
    shown: Mapping[str, object] = field(default_factory=dict)

    @property
    def trace(self) -> Trace:
        """What the picture leaves in the network."""
        return self.network.trace(self.picture)

    def number(self, key: str, least: int, most: int, default: int) -> int:
        """A whole number that a control or the link holds; the default where there is none within limits."""
        try:
            value = int(self.shown.get(key, default))
        except (TypeError, ValueError, OverflowError):
            return default
        return value if least <= value <= most else default
