"""The part of a forward pass that a dream needs, and no more of it."""

import copy
from threading import Lock
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from explainer.networks import Network
from explainer.networks.private import ghost_of
from explainer.receptive import output_size

PRECISIONS = ("float32", "bfloat16")
LEAK = 0.1

_prepared: dict[str, WeakKeyDictionary[nn.Module, nn.Module]] = {kind: WeakKeyDictionary() for kind in PRECISIONS}
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

    leaky: gradients pass the ReLUs of these layers (of what a pool gathers, for pools) where they are
        off, too, a tenth as strong. Otherwise a detector that is silent everywhere would give no hint of
        how to wake it.
    """
    leaks = {_rectifying(network, name) for name in layers} if leaky else ()
    x, found = x.to(getattr(torch, precision), memory_format=torch.channels_last), {}
    for name, stage in network.stages.named_children():
        stage = prepared(stage, precision)
        if name in leaks:
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


def _rectifying(network: Network, layer: str) -> str:
    """The stage whose ReLU decides whether a layer is silent: the last one with weights, from there down."""
    stages = list(network.stages.named_children())
    down = stages[[name for name, _ in stages].index(layer) :: -1]
    return next((name for name, stage in down if any(True for _ in stage.parameters())), layer)


def normalise(network: Network, view: Tensor) -> Tensor:
    """Colours from 0 to 1 [N, 3, H, W] → the network's input."""
    preprocessing = network.preprocessing
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (preprocessing.mean, preprocessing.std))
    return (view - mean) / std


def positions(network: Network, layer: str, side: int) -> int:
    """Rows (and columns) of a layer's map for pictures ``side`` pixels wide and high; 0 if too small."""
    x = torch.empty(1, 3, side, side, device="meta")
    for name, stage in network.stages.named_children():
        try:
            x = ghost_of(stage)(x)
        except RuntimeError:  # a window larger than what is left of the picture
            return 0
        if name == layer:
            break
    return x.shape[-1]


# --- the same arithmetic, faster -----------------------------------------------------------------------


class BlockConvolution(nn.Module):
    """A convolution with a stride, as one without: the same sums, in half the time.

    The picture is cut into blocks of stride × stride pixels, each laid out as the channels of one
    position; the window, filled up with zeros to whole blocks, slides over them one at a time.
    The first layer's 11 × 11 windows on 3 colours, 4 pixels apart, become 3 × 3 windows on 48 channels.
    """

    def __init__(self, strided: nn.Conv2d):
        super().__init__()
        self.kernel, self.stride, self.padding = strided.kernel_size[0], strided.stride[0], strided.padding[0]
        fill = -self.kernel % self.stride
        weight = F.pad(strided.weight.detach(), (0, fill, 0, fill))
        self.weight = nn.Parameter(F.pixel_unshuffle(weight, self.stride), requires_grad=False)
        self.bias = strided.bias

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] → [N, outputs, rows, columns], as the convolution it was made from."""
        fills = [fill for side in (x.shape[3], x.shape[2]) for fill in (self.padding, self._fill(side))]
        return F.conv2d(F.pixel_unshuffle(F.pad(x, fills), self.stride), self.weight, self.bias)

    def _fill(self, side: int) -> int:
        """Zeros behind the last pixel (or pixels that no window reaches, if below zero)."""
        positions = output_size(side, self.kernel, self.stride, self.padding)
        return (positions - 1) * self.stride + self.kernel + (-self.kernel % self.stride) - self.padding - side


def prepared(stage: nn.Module, precision: str) -> nn.Module:
    """A private copy of a stage, in this precision and its fastest form; kept as long as the stage itself.

    In float32 that is the stage itself unless it reads the colours.
    """
    with _lock:
        known = stage in _prepared[precision]
    if not known:
        made = _prepare(stage, precision)  # nobody waits meanwhile; of two that are made at once the first stays
    with _lock:
        ready = _prepared[precision][stage] if known else _prepared[precision].setdefault(stage, made)
    return stage if ready is None else ready


def _prepare(stage: nn.Module, precision: str) -> nn.Module | None:
    strided = [name for name, module in stage.named_modules() if _reads_colours_in_strides(module)]
    if precision == "float32" and not strided:
        return None
    fast = copy.deepcopy(stage)
    for name in strided:
        parent, _, child = name.rpartition(".")
        setattr(fast.get_submodule(parent), child, BlockConvolution(fast.get_submodule(name)))
    return fast.to(getattr(torch, precision), memory_format=torch.channels_last)


def _reads_colours_in_strides(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.Conv2d)
        and module.in_channels == 3
        and module.stride[0] == module.stride[1] > 1
        and module.kernel_size[0] == module.kernel_size[1]
        and module.padding[0] == module.padding[1]
        and module.dilation == (1, 1)
    )
