"""``make bench``: every benchmark of this folder, one after the other; ratios, each within one run on the same work."""

import importlib
import pkgutil

import benchmarks


def main() -> None:
    """Run each module's ``main()`` in the order of their names."""
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("_"):
            print(f"\n# {module.name}", flush=True)
            importlib.import_module(f"benchmarks.{module.name}").main()


if __name__ == "__main__":
    main()
