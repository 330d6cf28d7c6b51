"""Every exploration and guess of every lesson in a real JupyterLab. A new lesson needs no new test."""

from checks import check_control, check_keys, check_latency, check_pointing, check_puzzles, measure


def test_every_control_moves_the_picture(lesson, exploration):
    for control in exploration.controls():
        check_control(exploration, control)
    check_pointing(exploration)
    assert not lesson.hidden_errors()


def test_every_puzzle_asks(lesson, exploration):
    check_puzzles(exploration)
    assert not lesson.hidden_errors()


def test_no_key_reaches_the_notebook(lesson, exploration):
    check_keys(lesson, exploration.root)
    exploration.reset()
    assert not lesson.hidden_errors()


def test_it_is_quick(exploration, request, record_property):
    check_latency(measure(exploration), request.node.callspec.id, record_property)


def test_a_guess_answers_and_keeps_its_keys(lesson, guess):
    for option in guess.locator(".widget-toggle-button").all():
        option.click()
        lesson.settle()
        assert f"Your guess: {option.inner_text()}." in guess.inner_text()
    check_keys(lesson, guess)
    assert not lesson.hidden_errors()
