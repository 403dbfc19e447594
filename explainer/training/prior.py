"""Takes out of the verdict what only reflects how often each category was seen.

A network taught on many dogs guesses "dog" when in doubt. Lowering each output by a share τ
of the logarithm of how readily it is guessed on a balanced set of pictures undoes that
(logit adjustment: Menon et al. 2021, "Long-tail learning via logit adjustment", section 4).
It is one number for each output, added to fc8's bias: the network stays what it is.
"""

from torch import Tensor


def leaning(logits: Tensor) -> Tensor:
    """How readily each output is guessed: mean probability over pictures, [categories], sums to 1.

    logits: [n, categories], over pictures in which every category is as frequent as any other.
    """
    return logits.softmax(1).mean(0).clamp(min=1e-6)


def correction(logits: Tensor, share: float) -> Tensor:
    """What to add to fc8's bias: −share·log(leaning), centred on zero."""
    log = leaning(logits).log()
    return share * (log.mean() - log)


def best_share(balanced: Tensor, validation: Tensor, score, shares=(0.0, 0.25, 0.5, 0.75, 1.0)) -> float:
    """The share with the highest score(corrected validation logits); the smallest if several.

    balanced: logits over the balanced pictures. validation: logits over held-out ones.
    """
    return max(shares, key=lambda share: (score(validation + correction(balanced, share)), -share))


def corrected(state: dict[str, Tensor], balanced: Tensor, share: float) -> dict[str, Tensor]:
    """The same weights with the correction in ``fc8.bias``."""
    return {**state, "fc8.bias": state["fc8.bias"] + correction(balanced, share)}
