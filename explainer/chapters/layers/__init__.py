"""The chapter *Layer by layer*: what each layer of a network costs, how it is wired, what it makes of a picture."""
