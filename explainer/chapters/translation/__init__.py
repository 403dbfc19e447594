"""The chapter *Where it stands*: a digit moved about, and a line of digits read."""
