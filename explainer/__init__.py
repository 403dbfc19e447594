"""How Machines See: the backend. Only ``explainer.ui`` and the chapters' widgets need Streamlit."""

import os

# PyTorch's threads sleep while they wait for each other. By default they spin, and where others
# compute, too (a class on one server, a training in the background), that costs tenfold.
# The runtime reads this once, when PyTorch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
