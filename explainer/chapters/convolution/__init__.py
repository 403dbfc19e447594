"""The chapter *Scanning by hand*: drawings under a filter, a network that fits on a page, any kernel on a picture."""
