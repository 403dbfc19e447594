"""The teacher: a network that knows ImageNet, asked about the student's own views.

"Consistent teaching" (Beyer et al., "Knowledge distillation: a good teacher is patient
and consistent", 2022): teacher and student see the same part of the same picture. Besides
its verdict the teacher hands over the maps that it reaches the verdict from (Romero et al.,
"FitNets", 2015), which say far more about a picture than a thousand probabilities.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from explainer.errors import WeightsError
from explainer.networks.vision import torchvision

CHANNELS = 512
_AT_ONCE = 16  # so few that their maps stay in the processor's cache: 1.5 times faster than 64


@dataclass(frozen=True)
class Opinion:
    """What the teacher makes of n views: logits [n, 1000] and maps [n, 512, H, W] (fire9's, after ReLU)."""

    logits: Tensor
    maps: Tensor

    def mirrored(self, flips: Tensor) -> "Opinion":
        """The opinion where the views in ``flips`` (bool [n]) are mirrored: taken to be the mirrored opinion."""
        return Opinion(self.logits, torch.where(flips[:, None, None, None], self.maps.flip(3), self.maps))


class Teacher(nn.Module):
    """SqueezeNet 1.0 (Iandola et al. 2016), its weights never changed."""

    def __init__(self, weights: Path, precision: torch.dtype, device: str = "cpu"):
        super().__init__()
        try:
            state = torch.load(weights, map_location="cpu", weights_only=True)
            model = torchvision().models.squeezenet1_0()
            model.load_state_dict(state)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise WeightsError(f"{weights} does not hold the teacher's weights (SqueezeNet 1.0).") from error
        self.model = model.to(device, precision, memory_format=torch.channels_last).eval().requires_grad_(False)
        self.precision = precision

    @torch.no_grad()
    def forward(self, views: Tensor, size: int) -> Opinion:
        """Opinion about views [n, 3, S, S], looked at in ``size`` pixels."""
        if views.shape[-1] != size:
            views = functional.interpolate(views, (size, size), mode="bilinear", antialias=size < views.shape[-1])
        logits, maps = [], []
        for part in views.to(self.precision).contiguous(memory_format=torch.channels_last).split(_AT_ONCE):
            seen = self.model.features(part)
            maps.append(seen)
            logits.append(self.model.classifier(seen).flatten(1).float())
        return Opinion(torch.cat(logits), torch.cat(maps))
