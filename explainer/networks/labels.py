"""The categories' names, told apart."""

from explainer.networks import Network


def category_names(network: Network) -> list[str]:
    """The categories, told apart: where two share a name, both get their number."""
    names = network.categories
    twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    return [f"{name} ({index})" if name in twice else name for index, name in enumerate(names)]
