"""The chapter *First detectors*: filters, maps, and one value as a sum of products."""
