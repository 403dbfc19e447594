"""What is inside one block: skip connections, inception's branches and grouped paths, read off the real modules."""

from dataclasses import dataclass
from functools import cache

from torch import nn

from explainer.chapters.history.counting import structure
from explainer.errors import NetworkError
from explainer.networks.zoo import entry

KINDS = {"skip": "resnet50", "inception": "googlenet", "groups": "resnext50"}
USUAL = {"skip": "conv4_2", "inception": "inception3a", "groups": "conv2_2"}


@dataclass(frozen=True)
class Step:
    """One convolution, or a pool (no weights): window in pixels, maps taken and handed on, groups."""

    kind: str
    window: int
    taken: int
    handed: int
    groups: int = 1

    @property
    def weights(self) -> int:
        """One filter's weights times filters; a filter sees only its own group's maps."""
        return 0 if self.kind == "pool" else self.window**2 * (self.taken // self.groups) * self.handed


@dataclass(frozen=True)
class Block:
    """One block of a network.

    branches: ways that lie side by side, each a chain of steps. added: whether the block adds
    what it was given to the result; shortcut: the convolution on that way, None for none.
    """

    kind: str
    network: str
    name: str
    branches: tuple[tuple[Step, ...], ...]
    added: bool = False
    shortcut: Step | None = None

    @property
    def taken(self) -> int:
        """Maps that come in."""
        return self.branches[0][0].taken

    @property
    def handed(self) -> int:
        """Maps that go out: branches are laid side by side."""
        return sum(branch[-1].handed for branch in self.branches)

    @property
    def steps(self) -> list[Step]:
        """All convolutions and pools but the shortcut's."""
        return [step for branch in self.branches for step in branch]

    @property
    def weights(self) -> int:
        """Of its convolutions, the shortcut's not counted; without biases and normalisation."""
        return sum(step.weights for step in self.steps)

    @property
    def plain(self) -> int:
        """Weights of the plain way to do it, to compare with.

        skip: two 3×3 layers at full width. inception: one layer of 3×3 windows with as many maps
        in and out. groups: the same block with its groups joined.
        """
        if self.kind == "skip":
            return 9 * self.handed * self.handed * 2
        if self.kind == "inception":
            return 9 * self.taken * self.handed
        return sum(Step(s.kind, s.window, s.taken, s.handed).weights for s in self.steps)


def block_names(kind: str) -> list[str]:
    """The blocks of that kind, as the network's layers are called."""
    return list(_blocks(kind))


def block(kind: str, name: str = "") -> Block:
    """One block; a usual one without a name.

    Raises:
        NetworkError: no such kind or no such block.
    """
    if kind not in KINDS:
        raise NetworkError(f"There is no block of the kind “{kind}”; there are {', '.join(KINDS)}.")
    found = _blocks(kind)
    if (name or USUAL[kind]) not in found:
        raise NetworkError(f"There is no block “{name}”; there are {', '.join(found)}.")
    return found[name or USUAL[kind]]


@cache
def _blocks(kind: str) -> dict[str, Block]:
    network = KINDS[kind]
    stages = entry(network).cut(structure(network)).named_children()
    if kind == "inception":
        return {name: _inception(name, stage) for name, stage in stages if name.startswith("inception")}
    return {name: _residual(kind, name, stage) for name, stage in stages if hasattr(stage, "downsample")}


def _inception(name: str, module: nn.Module) -> Block:
    branches = tuple(_chain(branch, module) for branch in module.children())
    return Block("inception", KINDS["inception"], name, branches)


def _chain(branch: nn.Module, whole: nn.Module) -> tuple[Step, ...]:
    """The convolutions and pools of one branch in order."""
    taken = next(module for module in whole.modules() if isinstance(module, nn.Conv2d)).in_channels
    steps: list[Step] = []
    for module in branch.modules():
        if isinstance(module, nn.Conv2d):
            steps.append(_step(module))
        elif isinstance(module, nn.MaxPool2d):
            steps.append(Step("pool", module.kernel_size, taken, taken))
    return tuple(steps)


def _residual(kind: str, name: str, module: nn.Module) -> Block:
    steps = tuple(_step(convolution) for convolution in (module.conv1, module.conv2, module.conv3))
    shortcut = None if module.downsample is None else _step(module.downsample[0])
    return Block(kind, KINDS[kind], name, (steps,), added=True, shortcut=shortcut)


def _step(module: nn.Conv2d) -> Step:
    return Step("conv", module.kernel_size[0], module.in_channels, module.out_channels, module.groups)
