"""The part of a forward pass that a dream needs, and no more of it."""

import copy
from threading import Lock
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from explainer.networks import Network

PRECISIONS = ("float32", "bfloat16")
LEAK = 0.1

_copies: WeakKeyDictionary[nn.Module, nn.Module] = WeakKeyDictionary()
_lock = Lock()


def best_precision() -> str:
    """bfloat16 where the processor multiplies it by itself: a step takes 3/5 of the time. Else float32.

    Asked of the processor, not of a stopwatch: the same seed has to give the same picture tomorrow.
    """
    able = torch.cpu.get_capabilities()
    return "bfloat16" if able.get("avx512_bf16") or able.get("amx_bf16") else "float32"


def activations(
    network: Network, x: Tensor, layers: set[str], precision: str = "float32", leaky: bool = False
) -> dict[str, Tensor]:
    """What ``layers`` hand on for network inputs [N, 3, H, W]; stops at the deepest of them.

    leaky: gradients pass the ReLUs of these layers where they are off, too, a tenth as strong.
        Otherwise a detector that is silent everywhere would give no hint of how to wake it.
    """
    x, found = x.to(getattr(torch, precision)), {}
    for name, stage in network.stages.named_children():
        stage = stage if precision == "float32" else _in_bfloat16(stage)
        if leaky and name in layers:
            with LeakyBackward():
                x = stage(x)
        else:
            x = stage(x)
        if name in layers:
            found[name] = x
        if len(found) == len(layers):
            break
    return found


class LeakyBackward(TorchFunctionMode):
    """While active in this thread, ReLUs let a :data:`LEAK` of the gradient pass where they are off.

    The network itself stays as it is, so that other threads can use it meanwhile.
    """

    def __torch_function__(self, function, types, arguments=(), options=None):
        if function in (F.relu, torch.relu):
            return _LeakyReLU.apply(arguments[0])
        return function(*arguments, **(options or {}))


class _LeakyReLU(torch.autograd.Function):
    """max(0, x) forwards; backwards as if the slope were LEAK below zero."""

    @staticmethod
    def forward(context, x: Tensor) -> Tensor:
        context.save_for_backward(x > 0)
        return x.clamp(min=0)

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        (on,) = context.saved_tensors
        return torch.where(on, gradient, LEAK * gradient)


def normalise(network: Network, view: Tensor) -> Tensor:
    """Colours from 0 to 1 [N, 3, H, W] → the network's input."""
    preprocessing = network.preprocessing
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (preprocessing.mean, preprocessing.std))
    return (view - mean) / std


def positions(network: Network, layer: str, side: int) -> int:
    """Rows (and columns) of a layer's map for pictures ``side`` pixels wide and high; 0 if too small."""
    x = torch.empty(1, 3, side, side, device="meta")
    for name, stage in network.stages.named_children():
        ghosts = {key: value.to("meta") for key, value in stage.state_dict().items()}
        try:
            x = torch.func.functional_call(stage, ghosts, (x,))
        except RuntimeError:  # a window larger than what is left of the picture
            return 0
        if name == layer:
            break
    return x.shape[-1]


def _in_bfloat16(stage: nn.Module) -> nn.Module:
    """A stage's copy in half precision, kept as long as the stage itself."""
    with _lock:
        if stage not in _copies:
            _copies[stage] = copy.deepcopy(stage).to(torch.bfloat16)
        return _copies[stage]
