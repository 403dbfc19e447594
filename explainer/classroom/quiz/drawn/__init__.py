"""What works out the numbers in a chapter's questions: one file a chapter, one function a drawing.

Each takes the stage and a source of chance, and returns what the names in braces stand for; "when" among them
names the case, where the words have several.
"""

from explainer.classroom.quiz.drawn import (
    backpropagation,
    convolution,
    deconvnet,
    digits,
    dream,
    first_layer,
    history,
    home,
    layers,
    limits,
    neuron,
    nonlinearity,
    translation,
    verdict,
)

_ALL = (
    home, neuron, nonlinearity, digits, backpropagation, translation, convolution, first_layer, layers, deconvnet,
    verdict, dream, limits, history,
)  # fmt: skip
DRAWN = {module.__name__.rpartition(".")[2]: module for module in _ALL}
