"""The card of one detector, the same over every page."""

from explainer.ui.card.dialog import card_button, card_if_wanted
from explainer.ui.card.way import show_card

__all__ = ["card_button", "card_if_wanted", "show_card"]
