"""Who may work, who waits, and who has gone."""

from explainer.gate import Gate


def gate_with_clock(limit: int) -> tuple[Gate, list[float]]:
    time = [0.0]
    return Gate(limit, patience=5.0, clock=lambda: time[0]), time


def test_first_come_first_served():
    gate, _ = gate_with_clock(2)
    assert [gate.ask(ticket) for ticket in "abcd"] == [0, 0, 1, 2]
    assert [gate.ask(ticket) for ticket in "dcba"] == [2, 1, 0, 0], "asking again keeps the place"


def test_leaving_lets_the_next_in():
    gate, _ = gate_with_clock(1)
    assert [gate.ask(ticket) for ticket in "abc"] == [0, 1, 2]
    gate.leave("a")
    assert [gate.ask(ticket) for ticket in "bc"] == [0, 1]
    assert gate.ask("a") == 2, "who comes back queues at the end"
    gate.leave("nobody")


def test_a_silent_ticket_loses_its_place():
    gate, time = gate_with_clock(1)
    gate.ask("gone")
    gate.ask("patient")
    for time[0] in (3.0, 4.9):
        assert gate.ask("patient") == 1
    time[0] = 5.1
    assert gate.ask("patient") == 0
    assert gate.ask("gone") == 1


def test_fifty_visitors_all_get_their_turn():
    gate, time = gate_with_clock(1)
    tickets = [str(i) for i in range(50)]
    served = []
    while len(served) < 50:
        time[0] += 0.25
        for ticket in tickets:
            if ticket not in served and gate.ask(ticket) == 0:
                served.append(ticket)
                gate.leave(ticket)
    assert served == tickets
