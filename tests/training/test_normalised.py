import pytest
import torch

from explainer.networks.alexnet2012 import AlexNet2012
from explainer.training.normalised import NormalisedAlexNet, folded, unfolded
from explainer.training.soup import mixed


def awake(network: NormalisedAlexNet) -> NormalisedAlexNet:
    """Gives every normalisation statistics and parameters unlike those it is born with."""
    for stage in network.normalised().values():
        torch.nn.init.uniform_(stage.norm.weight, -1.5, 1.5)
        torch.nn.init.normal_(stage.norm.bias)
        torch.nn.init.normal_(stage.norm.running_mean)
        torch.nn.init.uniform_(stage.norm.running_var, 0.2, 3.0)
    return network.eval()


@torch.no_grad()
def test_folding_changes_nothing():
    torch.manual_seed(0)
    network = awake(NormalisedAlexNet(fc6=32, fc7=24).double())
    views = torch.randn(2, 3, 227, 227, dtype=torch.double)
    plain = folded(network.float()).double()
    expected = network.double()(views)
    assert (plain(views) - expected).abs().max() < 1e-4 * expected.abs().max()
    assert not any(isinstance(module, torch.nn.modules.batchnorm._BatchNorm) for module in plain.modules())


@torch.no_grad()
def test_putting_normalisation_back_changes_nothing():
    torch.manual_seed(0)
    plain = AlexNet2012(32, 24, normalisation=False).eval()
    for layer in plain.trainable_layers().values():
        torch.nn.init.kaiming_normal_(layer.weight)
        torch.nn.init.normal_(layer.bias, std=0.1)
    views = torch.randn(6, 3, 227, 227)
    network = unfolded(plain.plain_state(), views)
    expected = plain(views[:2])
    assert (network(views[:2]) - expected).abs().max() < 1e-3 * expected.abs().max()
    assert (folded(network)(views[:2]) - expected).abs().max() < 1e-3 * expected.abs().max()
    for stage in network.normalised().values():
        lengths = stage.layer.weight.flatten(1).norm(dim=1)
        torch.testing.assert_close(lengths, torch.full_like(lengths, 2**0.5))


@torch.no_grad()
@pytest.mark.parametrize(("size", "grid"), [(67, 3), (131, 7), (227, 13)])
def test_pictures_of_several_sizes_fit(size, grid):
    network = NormalisedAlexNet(fc6=8, fc7=8).eval()
    maps = network.look(torch.randn(1, 3, size, size))
    assert maps.shape == (1, 256, grid, grid)
    assert network.verdict(maps).shape == (1, 1000)


def test_a_mixture_has_the_mean_of_the_weights_and_statistics_of_its_own():
    torch.manual_seed(0)
    one, other, views = NormalisedAlexNet(), NormalisedAlexNet(), torch.randn(8, 3, 67, 67)
    both = mixed(one, other, 0.25, views)
    torch.testing.assert_close(both.conv1.layer.weight, 0.25 * one.conv1.layer.weight + 0.75 * other.conv1.layer.weight)
    seen = both.conv1.layer(views)
    torch.testing.assert_close(both.conv1.norm.running_mean, seen.mean((0, 2, 3)), atol=1e-5, rtol=1e-4)
    assert not both.training
