"""What stands between weighted sums: ReLU, or one of its smooth relatives."""

from torch import nn

BENDS: dict[type[nn.Module], str] = {nn.ReLU: "ReLU", nn.Hardswish: "hard-swish", nn.SiLU: "swish"}


def bend_of(stage: nn.Module) -> str | None:
    """Name of the last bend in a stage; None where there is none."""
    found = [BENDS[type(module)] for module in stage.modules() if type(module) in BENDS]
    return found[-1] if found else None
