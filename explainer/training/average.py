"""A moving average of the weights: what ships is the average, not the last step."""

import torch
from torch import Tensor, nn


class Average:
    """Exponential moving average of a module's parameters and buffers (Polyak and Juditsky 1992).

    ``decay`` grows from 0.1 to its full value over the first steps, so that the
    beginning is forgotten soon.
    """

    def __init__(self, module: nn.Module, decay: float):
        self.decay = decay
        self.count = 0
        self.state = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Takes in the module as it is now."""
        self.count += 1
        weight = 1 - min(self.decay, (1 + self.count) / (10 + self.count))
        mine, theirs = [], []
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                mine.append(self.state[name])
                theirs.append(value)
            else:
                self.state[name].copy_(value)
        torch._foreach_lerp_(mine, theirs, weight)

    def state_dict(self) -> dict[str, Tensor | int]:
        return {"count": self.count, "state": self.state}

    def load_state_dict(self, saved: dict) -> None:
        self.count = saved["count"]
        self.state = {name: value.clone() for name, value in saved["state"].items()}
