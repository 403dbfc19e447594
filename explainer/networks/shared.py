"""One copy of each network for everybody in this process."""

from pathlib import Path

from explainer.errors import ExplainerError
from explainer.networks.network import Network
from explainer.networks.zoo import EMBEDDED, find_weights, load_network
from explainer.workshop import store


def _weight_bytes(found: Network | ExplainerError) -> int:
    """Of its weights: the network in the box takes 0.2 GB, VGG-16 half a gigabyte."""
    return found.nbytes if isinstance(found, Network) else 0


def shared_network(name: str = EMBEDDED, path: Path | None = None) -> Network:
    """The network that everybody uses, with the weights in ``path`` (found, if not given); loaded by who asks first.

    A file that was replaced is loaded anew. What is wrong with a file is remembered until then, too, since
    reading half a gigabyte takes its time.

    Raises:
        NetworkError: no such network.
        WeightsError: no weights on this machine, or a file that is damaged or another network's.
    """
    found = store.once(_key(name, path), lambda: _loaded(name, path), size=_weight_bytes, for_all=True)
    if isinstance(found, ExplainerError):
        raise type(found)(*found.args)  # one of its own for everybody: a raised error is written on
    return found


def is_loaded(name: str, path: Path | None = None) -> bool:
    """Whether :func:`shared_network` has its answer ready."""
    return _key(name, path) in store


def _key(name: str, path: Path | None) -> tuple[str, str, str, int]:
    path = path or find_weights(name)
    try:
        return ("network", name, str(path), path.stat().st_mtime_ns) if path else ("network", name, "", 0)
    except OSError:  # gone meanwhile: loading it says so
        return "network", name, str(path), 0


def _loaded(name: str, path: Path | None) -> Network | ExplainerError:
    try:
        return load_network(name, path)
    except ExplainerError as error:
        return error
