"""The house: a room uses only rooms below it, and no chapter knows another."""

import pytest

from docs.rooms import FLOORS, HOLDS, PAGE, chapter, drawing, drawn, imports, reduced, room, uses

FLOOR = {name: number for number, floor in enumerate(FLOORS) for name in floor}


def test_every_room_has_its_floor_and_says_what_it_holds():
    rooms = {room(module) for pair in imports() for module in pair}
    assert rooms == set(FLOOR) == set(HOLDS)


@pytest.mark.parametrize("name", sorted(FLOOR))
def test_a_room_uses_only_rooms_below_it(name):
    above = {other for other in uses()[name] if FLOOR[other] >= FLOOR[name]}
    guilty = [pair for pair in imports() if room(pair[0]) == name and room(pair[1]) in above]
    assert guilty == []


def test_no_chapter_knows_another():
    ways = [(one, other, chapter(one), chapter(other)) for one, other in imports()]
    crossing = [(one, other) for one, other, mine, theirs in ways if mine and theirs and mine != theirs]
    assert crossing == []


def test_the_drawing_is_of_the_house_as_it_is():
    assert drawn(PAGE.read_text("utf-8")) == PAGE.read_text("utf-8"), "python docs/rooms.py draws it anew"


def test_short_arrows_are_left_out_where_a_longer_way_leads():
    house = {"roof": {"floor", "ground"}, "floor": {"ground"}, "tower": {"ground"}}
    assert reduced(house) == {"roof": {"floor"}, "floor": {"ground"}, "tower": {"ground"}}
    assert drawing().count("-->") < sum(map(len, uses().values()))
