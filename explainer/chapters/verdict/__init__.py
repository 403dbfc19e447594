"""The chapter *From features to a name*: which detectors speak for a name, and what is left without them."""
