"""Trains the network in the box: the 2012 layout, taught by a teacher network.

The pictures are decoded once (:mod:`store`), drawn by lot (:mod:`lots`), cropped,
flipped and mixed (:mod:`views`). The teacher says what it sees on the very same
views (:mod:`teacher`); the student learns to see the same (:mod:`lesson`). While
it learns it has batch normalisation, which is folded away afterwards
(:mod:`normalised`). :mod:`course` is the loop; :mod:`command` the command line.
"""
