"""Every exploration and guess of every lesson in a real JupyterLab. A new lesson needs no new test."""

from checks import check_control, check_keys, check_latency, measure


def test_every_control_moves_the_picture(lesson, exploration):
    for control in exploration.controls():
        check_control(exploration, control)
    assert not lesson.hidden_errors()


def test_every_puzzle_asks(lesson, exploration):
    for preset in exploration.presets():
        preset.click()
        lesson.settle()
        assert exploration.root.locator(".course-task").inner_text() == preset.get_attribute("title")
    exploration.reset()
    assert not exploration.look().error and not lesson.hidden_errors()


def test_no_key_reaches_the_notebook(lesson, exploration):
    check_keys(lesson, exploration.root)
    exploration.reset()
    assert not lesson.hidden_errors()


def test_it_is_quick(lesson, exploration, request):
    check_latency(measure(exploration), request.node.callspec.id)
    exploration.reset()


def test_guesses_answer_and_keep_their_keys(lesson):
    for guess in lesson.guesses():
        options = guess.locator(".widget-toggle-button").all()
        for option in options:
            option.click()
            lesson.settle()
            assert f"Your guess: {option.inner_text()}" in guess.inner_text()
        check_keys(lesson, guess)
    assert not lesson.hidden_errors()
