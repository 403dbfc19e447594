import explainer  # noqa: F401 (before PyTorch: says how its threads wait)
