"""AlexNet as published in 2012, layer by named layer.

Source: Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep
Convolutional Neural Networks", NIPS 2012, section 3.
"""

from collections import OrderedDict

from torch import Tensor, nn


class AlexNet2012(nn.Sequential):
    """The eight-layer network on 227×227 pictures, its groups kept apart.

    A chain of named stages: conv1, (norm1,) pool1, conv2, (norm2,) pool2, conv3,
    conv4, conv5, pool5, fc6, fc7, fc8. Every stage but fc8 hands on its
    activations after ReLU. conv2, conv4 and conv5 see only their own half of
    the maps below (the two graphics cards of 2012); conv3 and fc6 see both.

    Args:
        fc6, fc7: neurons in the first two fully connected layers (4096 in 2012).
        categories: outputs of fc8.
        normalisation: local response normalisation after conv1 and conv2
            (n 5, α 1e-4, β 0.75, k 2, section 3.3), with α divided by n as PyTorch and
            Caffe have it; the paper's formula does not divide. The shipped network has none.
        dropout: share of fc6 and fc7 switched off while training.

    Input float [N, 3, 227, 227], output logits [N, categories].
    """

    def __init__(
        self,
        fc6: int = 4096,
        fc7: int = 4096,
        categories: int = 1000,
        normalisation: bool = True,
        dropout: float = 0.5,
    ):
        def norm() -> nn.Module:
            return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)

        def pool() -> nn.Module:
            return nn.MaxPool2d(kernel_size=3, stride=2)

        stages = OrderedDict()
        stages["conv1"] = convolution(3, 96, kernel_size=11, stride=4)
        if normalisation:
            stages["norm1"] = norm()
        stages["pool1"] = pool()
        stages["conv2"] = convolution(96, 256, kernel_size=5, padding=2, groups=2)
        if normalisation:
            stages["norm2"] = norm()
        stages["pool2"] = pool()
        stages["conv3"] = convolution(256, 384, kernel_size=3, padding=1)
        stages["conv4"] = convolution(384, 384, kernel_size=3, padding=1, groups=2)
        stages["conv5"] = convolution(384, 256, kernel_size=3, padding=1, groups=2)
        stages["pool5"] = pool()
        stages["fc6"] = nn.Sequential(
            OrderedDict(
                flatten=nn.Flatten(),
                dropout=nn.Dropout(dropout),
                linear=nn.Linear(256 * 6 * 6, fc6),
                relu=nn.ReLU(),
            )
        )
        stages["fc7"] = nn.Sequential(
            OrderedDict(
                dropout=nn.Dropout(dropout),
                linear=nn.Linear(fc6, fc7),
                relu=nn.ReLU(),
            )
        )
        stages["fc8"] = nn.Sequential(OrderedDict(linear=nn.Linear(fc7, categories)))
        super().__init__(stages)

    def trainable_layers(self) -> dict[str, nn.Module]:
        """The eight layers with weights: name → its Conv2d or Linear."""
        return {
            name: getattr(stage, "conv", None) or stage.linear
            for name, stage in self.named_children()
            if name.startswith(("conv", "fc"))
        }

    def plain_state(self) -> dict[str, Tensor]:
        """Parameters as ``conv1.weight`` … ``fc8.bias``, the names used in files."""
        return {
            f"{name}.{kind}": getattr(layer, kind).detach()
            for name, layer in self.trainable_layers().items()
            for kind in ("weight", "bias")
        }

    def inner_names(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The same tensors under this module's own names; unknown ones stay as they are."""
        inner = {name: "conv" if name.startswith("conv") else "linear" for name in self.trainable_layers()}
        renamed = {}
        for key, value in state.items():
            name, _, kind = key.rpartition(".")
            renamed[f"{name}.{inner[name]}.{kind}" if name in inner else key] = value
        return renamed

    def load_plain_state(self, state: dict[str, Tensor]) -> None:
        """Take over parameters named as :meth:`plain_state` names them.

        Raises:
            RuntimeError: a name is missing, unknown, or of another shape.
        """
        self.load_state_dict(self.inner_names(state))


def convolution(inputs: int, outputs: int, **geometry) -> nn.Sequential:
    """A convolution and its ReLU, which must not overwrite what it rectifies."""
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(inputs, outputs, **geometry), relu=nn.ReLU(inplace=False)))
