"""Figures of *How the race was won*: the race, five networks' numbers, blocks drawn, and speeds on one scale."""

from explainer.chapters.history.figures.blocks import block_svg, block_table
from explainer.chapters.history.figures.networks import answers_html, network_cards, networks_csv
from explainer.chapters.history.figures.race import narrow_race_svg, race_card, race_svg
from explainer.chapters.history.figures.speeds import speed_rows, speed_words, speeds_csv

__all__ = [
    "answers_html",
    "block_svg",
    "block_table",
    "narrow_race_svg",
    "network_cards",
    "networks_csv",
    "race_card",
    "race_svg",
    "speed_rows",
    "speed_words",
    "speeds_csv",
]
