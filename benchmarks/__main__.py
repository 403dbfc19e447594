"""``make bench``: the benchmarks of this folder, one after the other; ratios, each within one run on the same work.

``python -m benchmarks dream digits`` runs only these.
"""

import argparse
import importlib
import pkgutil
import sys

import benchmarks

APART = {"load"}  # takes many minutes and the whole machine: make load


def main() -> None:
    """Run each module's ``main()``, or that of those asked for, in the order of their names."""
    found = [
        module.name for module in pkgutil.iter_modules(benchmarks.__path__)
        if not (module.name.startswith("_") or module.ispkg or module.name in APART)
    ]  # fmt: skip
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(found))
    asked = parser.parse_args().names
    if unknown := set(asked) - set(found):
        parser.error(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(found)}")
    sys.argv[1:] = []  # some have options of their own
    for name in asked or found:
        print(f"\n# {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
