"""One copy of each network for everybody in this process."""

from pathlib import Path

from explainer.errors import ExplainerError
from explainer.networks.network import Network
from explainer.networks.zoo import EMBEDDED, find_weights, load_network
from explainer.once import Once

# Of weights: the network in the box takes 0.2 GB, VGG-16 half a gigabyte.
NETWORK_BYTES = 2**30


def _weight_bytes(found: Network | ExplainerError) -> int:
    return sum(value.nbytes for value in found.stages.parameters()) if isinstance(found, Network) else 0


_networks: Once[Network | ExplainerError] = Once(NETWORK_BYTES, _weight_bytes)


def shared_network(name: str = EMBEDDED, path: Path | None = None) -> Network:
    """The network that everybody uses, with the weights in ``path`` (found, if not given); loaded by who asks first.

    A file that was replaced is loaded anew. What is wrong with a file is remembered until then, too, since
    reading half a gigabyte takes its time.

    Raises:
        NetworkError: no such network.
        WeightsError: no weights on this machine, or a file that is damaged or another network's.
    """
    found = _networks.get(_key(name, path), lambda: _loaded(name, path))
    if isinstance(found, ExplainerError):
        raise type(found)(*found.args)  # one of its own for everybody: a raised error is written on
    return found


def is_loaded(name: str, path: Path | None = None) -> bool:
    """Whether :func:`shared_network` has its answer ready."""
    return _key(name, path) in _networks


def clear() -> None:
    """Keep no network any longer."""
    _networks.clear()


def _key(name: str, path: Path | None) -> tuple[str, str, int]:
    path = path or find_weights(name)
    try:
        return (name, str(path), path.stat().st_mtime_ns) if path else (name, "", 0)
    except OSError:  # gone meanwhile: loading it says so
        return name, str(path), 0


def _loaded(name: str, path: Path | None) -> Network | ExplainerError:
    try:
        return load_network(name, path)
    except ExplainerError as error:
        return error
