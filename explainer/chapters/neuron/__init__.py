"""The chapter *Neurons*: one neuron that tells stop from go, with everything it does in numbers."""
