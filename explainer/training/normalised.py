"""The 2012 layout with batch normalisation for the time of training, and without it after.

Batch normalisation (Ioffe and Szegedy 2015) came three years after AlexNet; with it the
network learns several times faster. Once learned it is a fixed scale and shift of each
channel, and disappears into the weights before it: what ships is convolution, ReLU,
pool, fully connected.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from explainer.networks.alexnet2012 import AlexNet2012

POOLED = 6
EARLY = ("conv1", "conv2")


class NormalisedAlexNet(nn.Sequential):
    """AlexNet2012 whose conv1 … fc7 normalise before their ReLU, for pictures of any size from 67 px.

    Smaller pictures leave fewer than 6×6 values after pool5; those are repeated to
    6×6, so that the same fully connected layers serve every size.
    """

    def __init__(self, fc6: int = 1024, fc7: int = 1024, categories: int = 1000):
        plain = AlexNet2012(fc6, fc7, categories, normalisation=False, dropout=0.0)
        stages = OrderedDict()
        for name, stage in plain.named_children():
            if name.startswith("pool"):
                stages[name] = stage
                continue
            layer = plain.trainable_layers()[name]
            parts = OrderedDict(layer=layer)
            if name.startswith("conv"):
                parts["norm"] = nn.BatchNorm2d(layer.out_channels)
            elif name != "fc8":
                parts["norm"] = nn.BatchNorm1d(layer.out_features)
            if "norm" in parts:
                layer.bias = None
                parts["relu"] = nn.ReLU(inplace=True)
            stages[name] = nn.Sequential(parts)
        super().__init__(stages)
        self.widths = {"fc6": fc6, "fc7": fc7, "categories": categories}
        for stage in self.normalised().values():
            nn.init.kaiming_normal_(stage.layer.weight, nonlinearity="relu")

    def normalised(self) -> dict[str, nn.Sequential]:
        """The stages that carry a batch normalisation: conv1 … conv5, fc6, fc7."""
        return {name: stage for name, stage in self.named_children() if hasattr(stage, "norm")}

    def forward(self, x: Tensor) -> Tensor:
        """Views [n, 3, S, S] to logits [n, categories]."""
        return self.verdict(self.look(x))

    def look(self, x: Tensor, early: bool = True) -> Tensor:
        """The convolutional half: views to conv5's maps [n, 256, H, W].

        early: whether gradients may reach conv1 and conv2.
        """
        with torch.set_grad_enabled(early and torch.is_grad_enabled()):
            for name in ("conv1", "pool1", "conv2", "pool2"):
                x = getattr(self, name)(x)
        for name in ("conv3", "conv4", "conv5"):
            x = getattr(self, name)(x)
        return x

    def verdict(self, maps: Tensor) -> Tensor:
        """The other half: conv5's maps to logits."""
        x = self.pool5(maps)
        if x.shape[-2:] != (POOLED, POOLED):
            x = nn.functional.adaptive_avg_pool2d(x, POOLED)
        return self.fc8(self.fc7(self.fc6(x.flatten(1))))


def folded(network: NormalisedAlexNet) -> AlexNet2012:
    """The same function as ``network.eval()`` at 227 px without any normalisation.

    γ·(w·x − μ)/σ + β = (γ/σ·w)·x + (β − γ·μ/σ), with σ = √(variance + ε).
    """
    plain = AlexNet2012(**network.widths, normalisation=False)
    state = {"fc8.weight": network.fc8.layer.weight.detach(), "fc8.bias": network.fc8.layer.bias.detach()}
    for name, stage in network.normalised().items():
        norm = stage.norm
        scale = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
        weight = stage.layer.weight.detach()
        state[f"{name}.weight"] = weight * scale.reshape(-1, *[1] * (weight.dim() - 1))
        state[f"{name}.bias"] = norm.bias.detach() - scale * norm.running_mean
    plain.load_plain_state(state)
    return plain.eval()


@torch.no_grad()
def unfolded(state: dict[str, Tensor], views: Tensor) -> NormalisedAlexNet:
    """Batch normalisation put back into finished weights, without changing what they compute.

    Mean and spread of every channel are measured on ``views`` [n, 3, 227, 227]. Each filter
    is brought back to the length that training began with (He et al. 2015): behind a
    normalisation its length does not matter for the answer, but decides how fast it learns.

    state: ``conv1.weight`` … ``fc8.bias`` of the plain network.
    """
    widths = [state[f"{name}.bias"].numel() for name in ("fc6", "fc7", "fc8")]
    network = NormalisedAlexNet(*widths).eval()
    x = views
    for name, stage in network.named_children():
        if name == "fc8":
            stage.layer.load_state_dict({"weight": state["fc8.weight"], "bias": state["fc8.bias"]})
        elif hasattr(stage, "norm"):
            x = x.flatten(1) if name == "fc6" else x
            _put_back(stage, state[f"{name}.weight"], state[f"{name}.bias"], x)
        x = stage(x)
    return network


def _put_back(stage: nn.Sequential, weight: Tensor, bias: Tensor, x: Tensor) -> None:
    fan_in = weight[0].numel()
    length = weight.flatten(1).norm(dim=1).clamp(min=1e-8)
    rescale = (2.0**0.5) / length if fan_in else length
    stage.layer.weight.copy_(weight * rescale.reshape(-1, *[1] * (weight.dim() - 1)))
    y = stage.layer(x)
    dims = [0, *range(2, y.dim())]
    variance, mean = torch.var_mean(y, dims, correction=0)
    norm = stage.norm
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    spread = (variance + norm.eps).sqrt()
    norm.weight.copy_(spread / rescale)  # undoes the division, and the new length
    norm.bias.copy_(bias + mean / rescale)
