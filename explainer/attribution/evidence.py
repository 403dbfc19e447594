"""Weight of evidence: a category's sum taken apart into what every unit of a layer adds to it.

Behind its last maps a network of ReLUs, maximum pools, averages and weighted sums is
*piecewise linear*: for one picture, with every ReLU and pool left in the position it
took, a category's sum is exactly

    logit = Σ activation × gradient + Σ bias × gradient,

the first sum over the units of a layer, the second over every bias above that layer
(of a batch normalisation: its offset). Where something bends otherwise (local response
normalisation), Captum's layer conductance takes over, and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explainer.errors import NetworkError
from explainer.networks import Network, Trace
from explainer.networks.private import private_copy
from explainer.receptive import BRANCHES

EXACT, CONDUCTANCE = "exact decomposition", "layer conductance"


@dataclass(frozen=True)
class Verdict:
    """A category's sum (or the difference of two) taken apart at one layer.

    maps: float [N, H, W], what every unit adds; detectors: float [N], each map added up.
    bias: what all biases above the layer add; of a conductance, the answer to an empty picture.
    total: the sum itself (logit, or difference of two), from the forward pass; error: by how much
    detectors and bias miss it. method: EXACT or CONDUCTANCE.
    """

    layer: str
    maps: Tensor
    detectors: Tensor
    bias: float
    total: float
    method: str

    @property
    def speaks_for(self) -> float:
        """All that speaks for it, added up."""
        return self.detectors.clamp(min=0).sum().item()

    @property
    def speaks_against(self) -> float:
        """All that speaks against it, added up: a negative number."""
        return self.detectors.clamp(max=0).sum().item()

    @property
    def error(self) -> float:
        return abs(self.detectors.sum(dtype=torch.float64).item() + self.bias - self.total)

    def strongest(self, count: int) -> tuple[list[int], list[int]]:
        """The detectors that speak loudest for it and against it, loudest first; silent ones never."""
        order, adds = self.detectors.argsort(descending=True, stable=True).tolist(), self.detectors.tolist()
        speakers = [i for i in order if adds[i] > 0][:count]
        return speakers, [i for i in reversed(order) if adds[i] < 0][:count]


def evidence_layers(network: Network) -> list[str]:
    """Layers whose detectors can be asked: those with weights and places, but not categories as maps."""
    return [
        layer.name
        for layer in network.layers
        if layer.spatial and layer.kind in ("conv", "block") and layer.shape[0] != len(network.categories)
    ]


def following(network: Network, layer: str) -> str:
    """Name of the stage after ``layer``.

    Raises:
        NetworkError: there is none.
    """
    names = [described.name for described in network.layers]
    place = names.index(network.layer(layer).name)
    if place + 1 == len(names):
        raise NetworkError(f"{layer} is the last layer: nothing comes after it.")
    return names[place + 1]


def piecewise_linear(network: Network, layer: str) -> bool:
    """Whether everything above ``layer`` is made of weighted sums, ReLUs, maxima and means."""
    return all(isinstance(module, _LINEAR_PIECES) for module in _above(network, layer).modules() if not _is_box(module))


_LINEAR_PIECES = (
    nn.Conv2d, nn.Linear, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.BatchNorm2d,
    nn.Dropout, nn.Flatten, nn.Identity,
)  # fmt: skip


def _is_box(module: nn.Module) -> bool:
    """A chain, or a block of torchvision's: by itself it only adds and joins its branches."""
    return isinstance(module, nn.Sequential) or type(module).__name__ in BRANCHES


def _above(network: Network, layer: str) -> nn.Sequential:
    """The stages above ``layer``, as one module: the network's own, not copies."""
    stages = dict(network.stages.named_children())
    names = list(stages)
    start = names.index(following(network, layer))
    return nn.Sequential(*(stages[name] for name in names[start:]))


def verdict(network: Network, trace: Trace, layer: str, category: int, instead_of: int | None = None) -> Verdict:
    """Take the sum of ``category`` apart, or by how much it beats the sum ``instead_of``."""
    decompose = _decompose if piecewise_linear(network, layer) else _conductance
    return decompose(network, trace, layer, category, instead_of)


def _decompose(network: Network, trace: Trace, layer: str, category: int, instead_of: int | None) -> Verdict:
    above = _above(network, layer)
    activations = trace[layer][None].clone().requires_grad_()
    shared = {name: value for name, value in above.named_parameters() if name.endswith("bias")}
    # Biases get gradients of their own, in modules of their own: the network is everybody's and stays as it is.
    biases = {name: nn.Parameter(value.clone()) for name, value in shared.items()}
    logits = private_copy(above, {shared[name]: biases[name] for name in shared})(activations)[0]
    total = logits[category] - (0 if instead_of is None else logits[instead_of])
    gradient, *slopes = torch.autograd.grad(total, [activations, *biases.values()])
    offsets = _offsets(above)
    bias = sum(
        (slope * (value + offsets.get(name, 0))).sum(dtype=torch.float64).item()
        for (name, value), slope in zip(biases.items(), slopes, strict=True)
    )
    maps = (gradient * activations).detach()[0]
    return Verdict(layer, maps, maps.sum(dim=(1, 2)), bias, total.item(), EXACT)


def _offsets(above: nn.Module) -> dict[str, Tensor]:
    """What a batch normalisation adds besides its bias, −mean · weight / √(variance + ε), by the bias's name."""
    return {
        f"{name}.bias": -module.running_mean * module.weight.detach() / (module.running_var + module.eps).sqrt()
        for name, module in above.named_modules()
        if isinstance(module, nn.BatchNorm2d)
    }


def _conductance(network: Network, trace: Trace, layer: str, category: int, instead_of: int | None) -> Verdict:
    """Dhamdhere, Sundararajan, Yan: How Important Is a Neuron? (2018); from a grey picture to this one."""
    from captum.attr import LayerConductance

    class Difference(nn.Module):
        def __init__(self):
            super().__init__()
            self.stages = private_copy(network.stages)  # for Captum's hooks

        def forward(self, x: Tensor) -> Tensor:
            logits = self.stages(x)
            return logits[:, category] - (0 if instead_of is None else logits[:, instead_of])

    asked = Difference()
    x = trace.input[None]
    stage = asked.stages.get_submodule(layer)
    maps = LayerConductance(asked, stage).attribute(x, n_steps=64, internal_batch_size=8)[0].detach()
    with torch.no_grad():
        total, empty = asked(x).item(), asked(torch.zeros_like(x)).item()
    return Verdict(layer, maps, maps.sum(dim=(1, 2)), empty, total, CONDUCTANCE)


def evidence_map(found: Verdict, off: Iterable[int] = ()) -> Tensor:
    """What every place adds, all detectors together but those switched off: float [H, W]."""
    maps = found.maps.clone()
    maps[list(off)] = 0
    return maps.sum(dim=0)
