"""Layer by layer: parameters, sizes, fields, and where the weights of the network in use are."""

from random import Random

from torch import nn

from explainer.classroom.quiz.stage import Stage
from explainer.receptive import output_size

SQUARES = ((3, 3), (5, 5), (7, 7), (11, 11))


def parameters(stage: Stage, chance: Random) -> dict:
    """The parameters of one of this network's plain convolutions; of one by chance where it has none."""
    found = [
        (name, module)
        for name, module in stage.network.stages.named_modules()
        if isinstance(module, nn.Conv2d)
        and module.bias is not None
        and module.kernel_size in ((3, 3), (5, 5), (7, 7), (11, 11))
    ]
    taken, made, side = chance.choice((16, 32, 64, 128)), chance.choice((32, 64, 128)), 3
    if found:
        _, module = chance.choice(found)
        made, taken, side = module.out_channels, module.weight.shape[1], module.kernel_size[0]
    each = taken * side**2
    return {
        "side": side, "taken": taken, "made": made, "each": each, "right": made * (each + 1), "no_biases": made * each,
        "one": each + 1, "flat": made * (side**2 + 1),
    }  # fmt: skip


def pooled(_: Stage, chance: Random) -> dict:
    """The side of a map after a max pool."""
    window, step = chance.choice(((2, 2), (3, 2)))
    side = window + step * chance.randint(5, 60)
    return {
        "side": side, "window": window, "step": step, "pooled": output_size(side, window, step, 0),
        "no_one": (side - window) // step, "apart": -(-side // window) - (window == step), "slid": side - window + 1,
    }  # fmt: skip


def sees(_: Stage, chance: Random) -> dict:
    """How far one neuron sees through some layers of windows with stride 1."""
    layers, window = chance.choice((2, 3, 4)), chance.choice((3, 5))
    return {
        "layers": layers, "window": window, "sees": layers * (window - 1) + 1, "added": layers * window,
        "grown": window**layers, "last": window, "more": layers * (window - 1),
    }  # fmt: skip


def neurons(stage: Stage, chance: Random) -> dict:
    """How many numbers a layer of maps hands on."""
    maps, rows, columns = chance.choice([layer.shape for layer in stage.network.layers if layer.spatial])
    return {
        "maps": maps, "rows": rows, "columns": columns, "neurons": maps * rows * columns, "one": rows * columns,
        "edges": maps * (rows + columns), "places": maps + rows * columns,
    }  # fmt: skip


def heaviest(stage: Stage, chance: Random) -> dict:
    """Which layer has the most parameters; the one with the most work, and others."""
    layers = [layer for layer in stage.network.layers if layer.parameters]
    most = max(layers, key=lambda layer: layer.parameters)
    work = max(layers, key=lambda layer: layer.macs)
    others = [layer for layer in layers if layer is not work and layer.parameters < most.parameters]
    one, two, three = chance.sample(others, 3)
    all_parameters, all_macs = (sum(getattr(layer, kind) for layer in layers) for kind in ("parameters", "macs"))
    told = {"most": most, "work": work, "one": one, "two": two, "three": three}
    return (
        {"title": stage.network.title}
        | {key: layer.name for key, layer in told.items()}
        | {f"{key}_has": layer.parameters for key, layer in told.items()}
        | {"share": f"{most.parameters / all_parameters:.0%}", "work_share": f"{work.macs / all_macs:.0%}"}
    )
