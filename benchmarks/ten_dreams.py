"""The README's sheet of ten dreamt categories, and what is read in them: ``python -m benchmarks.ten_dreams``.

To be run again whenever the network in the box gets other weights.
"""

from benchmarks.dream import read_by_others
from explainer.places import ASSETS

if __name__ == "__main__":
    read_by_others(sheet=ASSETS / "readme" / "ten-dreams.png")
