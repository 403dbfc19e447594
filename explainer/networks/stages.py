"""Cuts torchvision's models into chains of named stages.

Each stage ends where a layer's activations are complete (after its ReLU or whatever stands
in its place; MobileNet's and EfficientNet's blocks end without one), so that running the
chain to any stage gives that layer, and computes nothing beyond it.
"""

from collections import OrderedDict
from collections.abc import Iterable

from torch import nn


def of_list(modules: Iterable[nn.Module], names: list[str]) -> nn.Sequential:
    """Stages of a plain list of modules (AlexNet, VGG, SqueezeNet).

    A convolution, a fully connected layer, a Fire block or a pool begins a stage; a
    ReLU ends up in the stage it follows, and what only prepares (dropout, flattening,
    averaging) in the one it comes before. ``names`` are the stages' names in order.
    """
    stages: list[list[nn.Module]] = []
    waiting: list[nn.Module] = []
    for module in modules:
        if isinstance(module, nn.ReLU):
            stages[-1].append(module)
        elif isinstance(module, nn.Dropout | nn.Flatten | nn.AdaptiveAvgPool2d):
            waiting.append(module)
        else:
            stages.append([*waiting, module])
            waiting = []
    if waiting:
        stages.append(waiting)
    return nn.Sequential(OrderedDict((name, nn.Sequential(*stage)) for name, stage in zip(names, stages, strict=True)))


def of_alexnet(model: nn.Module) -> nn.Sequential:
    names = ["conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5", "fc6", "fc7", "fc8"]
    return of_list([*model.features, model.avgpool, nn.Flatten(), *model.classifier], names)


def of_vgg16(model: nn.Module) -> nn.Sequential:
    names = []
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
        names += [f"conv{block}_{i}" for i in range(1, convolutions + 1)] + [f"pool{block}"]
    names += ["fc6", "fc7", "fc8"]
    return of_list([*model.features, model.avgpool, nn.Flatten(), *model.classifier], names)


def of_squeezenet(model: nn.Module) -> nn.Sequential:
    names = ["conv1", "pool1", "fire2", "fire3", "fire4", "pool4", "fire5", "fire6", "fire7", "fire8", "pool8"]
    names += ["fire9", "conv10", "pool10"]
    return of_list([*model.features, *model.classifier, nn.Flatten()], names)


def of_googlenet(model: nn.Module) -> nn.Sequential:
    stages = OrderedDict(conv1=model.conv1, pool1=model.maxpool1, conv2=model.conv2, conv3=model.conv3)
    stages["pool2"] = model.maxpool2
    for name in ["3a", "3b", "pool3", "4a", "4b", "4c", "4d", "4e", "pool4", "5a", "5b"]:
        if name.startswith("pool"):
            stages[name] = getattr(model, f"max{name}")
        else:
            stages[f"inception{name}"] = getattr(model, f"inception{name}")
    stages["pool5"] = model.avgpool
    stages["fc"] = nn.Sequential(nn.Flatten(), model.dropout, model.fc)
    return nn.Sequential(stages)


def of_resnet(model: nn.Module) -> nn.Sequential:
    """Blocks are named as in the paper: conv2_1 … conv5_3 (He et al. 2015, table 1)."""
    stages = OrderedDict(conv1=nn.Sequential(model.conv1, model.bn1, model.relu), pool1=model.maxpool)
    for number, group in enumerate((model.layer1, model.layer2, model.layer3, model.layer4), start=2):
        for place, block in enumerate(group, start=1):
            stages[f"conv{number}_{place}"] = block
    stages["pool5"] = model.avgpool
    stages["fc"] = nn.Sequential(nn.Flatten(), model.fc)
    return nn.Sequential(stages)


def of_mobilenet(model: nn.Module) -> nn.Sequential:
    """MobileNetV3: a convolution, blocks numbered as they come, a last convolution, two layers of neurons."""
    first, *blocks, last = model.features
    stages = OrderedDict(conv1=first, **{f"block{place}": block for place, block in enumerate(blocks, start=1)})
    linear, bend, dropout, out = model.classifier
    stages |= {"conv2": last, "pool2": model.avgpool}
    stages |= {"fc1": nn.Sequential(nn.Flatten(), linear, bend), "fc2": nn.Sequential(dropout, out)}
    return nn.Sequential(stages)


def of_efficientnet(model: nn.Module) -> nn.Sequential:
    """EfficientNet: blocks numbered within their stages (Tan and Le 2019, table 1), a convolution before and after."""
    first, *groups, last = model.features
    stages = OrderedDict(conv1=first)
    for number, group in enumerate(groups, start=2):
        for place, block in enumerate(group, start=1):
            stages[f"block{number}_{place}"] = block
    stages |= {"conv9": last, "pool9": model.avgpool}
    stages["fc"] = nn.Sequential(nn.Flatten(), *model.classifier)
    return nn.Sequential(stages)
