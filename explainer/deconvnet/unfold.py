"""Takes a network's modules apart into the steps that have a way back."""

from torch import nn

from explainer.deconvnet.steps import (
    Bend,
    Branches,
    Chain,
    Filter,
    Gate,
    Linear,
    Normalise,
    Rectify,
    Scale,
    Step,
    Unpool,
)


def unfold(module: nn.Module) -> tuple[Step, ...]:
    """The steps that a module of ours or torchvision's takes, in order.

    Raises:
        TypeError: a module of a kind there is no rule for.
    """
    if isinstance(module, nn.Identity | nn.Dropout):
        return ()
    if isinstance(module, nn.Sequential):
        return tuple(step for part in module for step in unfold(part))
    if type(module).__name__ in _BLOCKS:
        return _BLOCKS[type(module).__name__](module)
    for kind, rule in _RULES.items():
        if isinstance(module, kind):
            return (rule(module),)
    raise TypeError(f"no way back is known through {type(module).__name__}")


_RULES = {
    nn.Conv2d: Filter,
    nn.ReLU: lambda _module: Rectify(),
    nn.Hardswish: Bend,
    nn.SiLU: Bend,
    nn.MaxPool2d: Unpool,
    nn.BatchNorm2d: Scale,
    nn.LocalResponseNorm: Normalise,
    nn.AdaptiveAvgPool2d: Linear,
    nn.Flatten: Linear,
    nn.Linear: Linear,
}


def _chain(*modules: nn.Module) -> Chain:
    return Chain(tuple(step for module in modules for step in unfold(module)))


def _bottleneck(block: nn.Module) -> tuple[Step, ...]:
    through = _chain(block.conv1, block.bn1, block.relu, block.conv2, block.bn2, block.relu, block.conv3, block.bn3)
    past = _chain() if block.downsample is None else _chain(block.downsample)
    return Branches((through, past), "sum"), Rectify()


def _fire(block: nn.Module) -> tuple[Step, ...]:
    narrow = _chain(block.expand1x1, block.expand1x1_activation)
    wide = _chain(block.expand3x3, block.expand3x3_activation)
    return *_chain(block.squeeze, block.squeeze_activation).steps, Branches((narrow, wide), "cat")


def _inverted(block: nn.Module) -> tuple[Step, ...]:
    through = _chain(block.block)
    return (Branches((through, _chain()), "sum"),) if block.use_res_connect else through.steps


# torchvision's blocks, whose own code says in which order their parts run.
_BLOCKS = {
    "BasicConv2d": lambda block: (*_chain(block.conv, block.bn).steps, Rectify()),
    "Inception": lambda block: (
        Branches(tuple(map(_chain, (block.branch1, block.branch2, block.branch3, block.branch4))), "cat"),
    ),
    "Fire": _fire,
    "Bottleneck": _bottleneck,
    "InvertedResidual": _inverted,
    "MBConv": _inverted,
    "SqueezeExcitation": lambda block: (Gate(block),),
}
