"""The chapter *What detectors look for*: projections into the picture, its strongest pictures, heat maps."""
