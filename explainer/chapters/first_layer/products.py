"""One value of a feature map as pictures: patch × weights = products, and their sum."""

import numpy as np

from explainer.chapters.first_layer.filters import Products
from explainer.figures.tiles import Palette, address, filter_tiles, signed_tiles
from explainer.ui.components import component


def products_view(products: Products, palette: Palette, *, key: str) -> None:
    """Draw the three pictures; hovering a pixel reads out its multiplications in red, green and blue."""
    side = products.weights.shape[-1]
    pictures = {
        "patch_picture": products.pixels,
        "weights_picture": filter_tiles(products.weights[None])[0],
        "products_picture": signed_tiles(products.products.sum(axis=0), palette),
    }
    if products.bend == "ReLU":
        handed = " Below zero, so ReLU hands on 0." if products.total < 0 else ""
    else:
        handed = f" The {products.bend}, a smooth relative of ReLU, hands on {products.value:.3f}."
    component("products")(
        key=key,
        data={
            **{name: address(pixels) for name, pixels in pictures.items()},
            "side": side,
            "patch": _rounded(products.patch),
            "weights": _rounded(products.weights),
            "products": _rounded(products.products),
            "total": round(products.total, 4),
            "note": f"sum of the {products.weights.size} products and the bias, {products.bias:+.3f}.{handed}".replace(
                "-", "−"
            ),
            "invitation": "Point at a pixel to read its three multiplications.",
            "alt": f"A patch of the picture times the detector's weights: {products.weights.size} products "
            f"that add up, with the bias, to {products.total:.3f}",
        },
    )


def _rounded(values: np.ndarray) -> list[float]:
    return np.round(values.ravel().astype(float), 4).tolist()
