"""The index made by a Ray cluster of several nodes, one of which dies half-way, against one machine's."""

import sys
import time

import numpy as np
import pytest
import ray
import torch
from ray.cluster_utils import Cluster
from torch import nn

from explainer.corpus import Corpus, build, open_index
from explainer.corpus import index as indexes
from explainer.corpus.cluster import build_on_cluster
from explainer.errors import DataError, PictureError
from explainer.networks import Network, Preprocessing
from explainer.pictures import Picture


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(indexes, "_LARGEST_BATCH", 4)


def toy() -> Network:
    torch.manual_seed(1)
    chain = nn.Sequential()
    chain.add_module("conv1", nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU()))
    chain.add_module("conv2", nn.Sequential(nn.Conv2d(8, 12, 3, padding=1), nn.ReLU()))
    return Network("toy", "a toy", chain, Preprocessing(24, 24), (), "", "toy-digest", {})


def corpus(count: int, seconds: float) -> Corpus:
    """Random pictures, the seventh of which cannot be opened; each takes some time."""

    def opened(name: str) -> Picture:
        time.sleep(seconds)
        if name == "007":
            raise PictureError("This one is broken.")
        return Picture(np.random.default_rng(int(name)).integers(0, 256, (24, 24, 3), np.uint8))

    names = tuple(f"{number:03d}" for number in range(count))
    return Corpus("random pictures", names, names, opened)


def arrays(index) -> list:
    return [getattr(best, name).tolist() for best in index.layers.values() for name in ("values", "pictures", "places")]


@pytest.fixture
def cluster():
    node = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    nodes = Cluster(initialize_head=True, head_node_args=node)
    others = [nodes.add_node(**node) for _ in range(2)]
    ray.init(address=nodes.address, log_to_driver=False)
    yield nodes, others
    ray.shutdown()
    nodes.shutdown()


def test_one_node_dies_and_the_index_is_the_same(cluster, tmp_path):
    nodes, others = cluster
    network, pictures = toy(), corpus(160, 0.02)
    expected = open_index(network, pictures, tmp_path)
    for _ in build(network, pictures, expected):
        pass
    index = open_index(network, pictures)
    killed = None
    for state in build_on_cluster(network, pictures, index):
        if killed is None and state.done >= 40:
            nodes.remove_node(others[0], allow_graceful=False)
            killed = state.done
    assert 40 <= killed < 160
    assert index.complete
    assert index.left_out == expected.left_out == {7: "This one is broken."}
    assert arrays(index) == arrays(expected)


def test_stopped_on_the_cluster_and_finished_on_one_machine(cluster, tmp_path):
    network, pictures = toy(), corpus(60, 0.0)
    expected = open_index(network, pictures, tmp_path)
    for _ in build(network, pictures, expected):
        pass
    index = open_index(network, pictures)
    states = build_on_cluster(network, pictures, index)
    while next(states).done < 12:
        pass
    states.close()
    done = index.done
    del index
    resumed = open_index(network, pictures)
    assert 12 <= resumed.done == done < 60
    for _ in build(network, pictures, resumed):
        pass
    assert arrays(resumed) == arrays(expected)


@pytest.mark.parametrize(
    "installed, words", [(True, "Nothing answers at 127.0.0.1:1"), (False, "requirements-ray.txt")]
)
def test_without_ray_or_without_a_cluster(installed, words, monkeypatch):
    if not installed:
        monkeypatch.setitem(sys.modules, "ray", None)
    index = open_index(toy(), corpus(3, 0))
    with pytest.raises(DataError, match=words):
        next(build_on_cluster(toy(), corpus(3, 0), index, "127.0.0.1:1"))
