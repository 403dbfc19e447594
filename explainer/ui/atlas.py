"""The atlas of the network in use, for the pages."""

from explainer.atlas.store import Atlas, AtlasError, load
from explainer.networks import Network
from explainer.workshop import once


def atlas_of(network: Network) -> Atlas | None:
    """The atlas of a network, read when first asked for; None where there is none that fits its weights."""
    found = _found(network)
    return found if isinstance(found, Atlas) else None


def atlas_trouble(network: Network) -> str:
    """Why there is no atlas of a network, in a sentence; empty if there is one."""
    found = _found(network)
    return "" if isinstance(found, Atlas) else str(found)


def _found(network: Network) -> Atlas | AtlasError:
    return once(("atlas", network.digest), lambda: _loaded(network), for_all=True)


def _loaded(network: Network) -> Atlas | AtlasError:
    try:
        return load(network)
    except AtlasError as error:
        return error
