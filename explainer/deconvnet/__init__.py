"""Which pixels made a unit fire? The deconvnet of Zeiler and Fergus, and its two relatives."""

from explainer.deconvnet.projection import (
    METHODS,
    Projection,
    Waypoint,
    places,
    project,
    project_all,
    strongest,
)

__all__ = ["METHODS", "Projection", "Waypoint", "places", "project", "project_all", "strongest"]
