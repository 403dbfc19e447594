"""The chapter *Why bend?*: a stack of weighted sums is one weighted sum, unless something bends between them."""
