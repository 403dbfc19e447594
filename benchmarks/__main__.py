"""``make bench``: the benchmarks of this folder, one after the other; ratios, each within one run on the same work."""

import importlib
import pkgutil

import benchmarks

APART = {"load"}  # takes many minutes and the whole machine: make load


def main() -> None:
    """Run each module's ``main()`` in the order of their names."""
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not (module.name.startswith("_") or module.ispkg or module.name in APART):
            print(f"\n# {module.name}", flush=True)
            importlib.import_module(f"benchmarks.{module.name}").main()


if __name__ == "__main__":
    main()
