"""The chapter *Dreams*: pictures made backwards, followed while they grow."""
