"""The chapter *Where it stands*: a digit moved about, a line of digits read, and two readers that learn."""
