"""Lessons 06 and 07: answers as newcomers write them, and what the checks say to them."""

import random
from itertools import combinations

import numpy as np
import pytest
import scipy.special
from test_exercises_rnn_ensemble import LISTED, differ
from test_exercises_start_honest import NOTHING_RETURNED, believes, is_right, says

from course_utils.exercises import by_name, gan, writer
from course_utils.generation import players
from course_utils.generation import writer as course_writer

MINE = [exercise for name, exercise in by_name.items() if name.startswith(("gan.", "writer."))]
sigmoid, softplus = scipy.special.expit, players.softplus


def softmax(logits):
    return scipy.special.softmax(logits, axis=1)


def naive_sigmoid(scores):
    return 1 / (1 + np.exp(-scores))


def naive_softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("exercise", MINE, ids=[exercise.name for exercise in MINE])
def test_a_lesson_has_room_for_each_line(exercise):
    cells_of = [exercise.stub, *exercise.right.values()]
    assert max(len(line) for cell in cells_of for line in cell.splitlines()) <= 96
    assert len(exercise.stub.splitlines()) <= 14


@pytest.mark.parametrize("exercise", MINE, ids=[exercise.name for exercise in MINE])
def test_no_two_mistakes_are_one(exercise):
    """Each gets its own verdict, and none is told apart from another by a rounding error."""
    behaviours = exercise._misbehaviours
    for one, other in combinations(range(len(behaviours)), 2):
        assert any(map(differ_or_fail_alone, behaviours[one], behaviours[other])), (one, other)


def differ_or_fail_alone(one, other):
    return isinstance(one, str) != isinstance(other, str) or differ(one, other)


# --- 06: generator_loss ---------------------------------------------------------------------------------


def scored(of):
    return lambda scores: of(scores)


def test_generator_losses_in_other_words():
    assert is_right(gan.generator_loss, scored(lambda s: softplus(-s).mean()))
    assert is_right(gan.generator_loss, scored(lambda s: -scipy.special.log_expit(s).mean()))
    assert is_right(gan.generator_loss, scored(lambda s: sum(np.logaddexp(0, -one) for one in s) / s.size))


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (lambda s: -np.log(naive_sigmoid(s)).mean(), "overflows"),
        (lambda s: -np.log(sigmoid(s)).mean(), "overflows"),
        (lambda s: np.log1p(np.exp(-s)).mean(), "overflows"),
        (lambda s: np.log(1 - naive_sigmoid(s)).mean(), "saturates"),
        (lambda s: np.log(1 - sigmoid(s) + 1e-9).mean(), "saturates"),
        (lambda s: -np.log(1 - naive_sigmoid(s)).mean(), "labels_exchanged"),
        (lambda s: -np.log(sigmoid(sigmoid(s))).mean(), "sigmoid_twice"),
        (lambda s: -np.log2(naive_sigmoid(s)).mean(), "in_bits"),
        (lambda s: np.log(naive_sigmoid(s)).mean(), "loses_the_minus"),
        (lambda s: (1 - sigmoid(s)).mean(), "forgets_the_logarithm"),
        (lambda s: np.log1p(np.exp(-np.clip(s, -500, 500))).mean(), "clips_the_scores"),
        (lambda s: -np.log(naive_sigmoid(np.clip(s, -500, 500))).mean(), "clips_the_scores"),
    ],
)
def test_mistakes_with_generator_losses_in_other_words(of, belief):
    assert belief in believes(gan.generator_loss, scored(of)).split(" or ")


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (lambda s: np.median(softplus(-s)), "First difference: on 3 scores"),
        (lambda s: softplus(-s).max(), "First difference: on 3 scores"),
        (lambda s: np.maximum(0, -s).mean(), "on 1 scores your answer is 1.5; it should be 1.701."),
        (lambda s: -np.log(np.clip(sigmoid(s), 1e-8, 1)).mean(), "should be  333.3756"),
        (lambda s: softplus(-s).mean(keepdims=True), "has shape (1,), like `scores`; it should be one number."),
        (lambda s: softplus(-s).sum() / (len(s) - 1), "your answer is inf"),
        (lambda s: int(softplus(-s).mean()), "The type of your result is int64"),
        (lambda s: print(softplus(-s).mean()), NOTHING_RETURNED),
    ],
)
def test_odd_generator_losses_are_told(of, message):
    assert message in says(gan.generator_loss, scored(of))


def slope(loss, score, nudge=1e-4):
    """How the loss of one fake changes with its score."""
    ends = [loss(np.array([score + step])) for step in (-nudge, nudge)]
    return float(np.squeeze(ends[1] - ends[0])) / (2 * nudge)


def test_slopes_that_the_sentences_name():
    assert slope(gan.by_logaddexp, -10) == pytest.approx(-1, abs=1e-4)
    assert slope(gan.saturates, -10) == pytest.approx(-0.00005, abs=0.00001)
    for flat in (gan.forgets_the_logarithm, gan.squared_distance, gan.sigmoid_twice):
        assert abs(slope(flat, -10)) < 1e-4
    assert slope(gan.mean_of_scores, 10) == pytest.approx(slope(gan.mean_of_scores, -10))
    assert slope(gan.hinge, 2) == 0
    assert slope(gan.clips_the_probability, -20) == 0
    assert gan.clips_the_probability(np.array([-500.0])) == pytest.approx(16.1, abs=0.1)
    assert gan.by_logaddexp(np.array([0.0])) == pytest.approx(0.69, abs=0.01)
    ends = gan.sigmoid_twice(np.array([1000.0])), gan.sigmoid_twice(np.array([-1000.0]))
    assert np.round(ends, 2).tolist() == [0.31, 0.69]


def test_the_losses_are_those_of_the_course():
    rng = np.random.default_rng(0)
    generator, discriminator = players.new_player((3, 4, 2), rng), players.new_player((2, 5, 1), rng)
    latents, real, ones = rng.normal(size=(6, 3)), rng.normal(size=(4, 2)), np.ones((6, 1))
    fakes = players.forward(generator, latents)[-1]
    scores, of_real = (players.forward(discriminator, points)[-1][:, 0] for points in (fakes, real))
    for saturating, answer in ((False, gan.by_logaddexp), (True, gan.saturates)):
        loss, _ = players.generator_gradient(generator, discriminator, latents, ones, False, saturating)
        assert answer(scores) == pytest.approx(loss)
    loss, _ = players.discriminator_gradient(discriminator, real, ones[:4], fakes, ones, r1=0)
    assert gan.two_means(of_real, scores) == pytest.approx(loss)


# --- 06: discriminator_loss -----------------------------------------------------------------------------


def of_both(of):
    return lambda real_scores, fake_scores: of(real_scores, fake_scores)


def test_discriminator_losses_in_other_words():
    assert is_right(gan.discriminator_loss, of_both(lambda r, f: softplus(-r).mean() + softplus(f).mean()))
    assert is_right(
        gan.discriminator_loss,
        of_both(lambda r, f: -scipy.special.log_expit(r).mean() - scipy.special.log_expit(-f).mean()),
    )


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (lambda r, f: -np.log(naive_sigmoid(r)).mean() - np.log(1 - naive_sigmoid(f)).mean(), "overflows_at_1000"),
        (lambda r, f: -np.log(sigmoid(r)).mean() - np.log(sigmoid(-f)).mean(), "overflows_at_1000"),
        (lambda r, f: np.log(naive_sigmoid(r)).mean() + np.log(1 - naive_sigmoid(f)).mean(), "maximises"),
        (lambda r, f: np.append(-np.log(sigmoid(r)), -np.log(1 - sigmoid(f))).mean(), "one_mean_over_all"),
        (lambda r, f: np.append(softplus(-r), softplus(f)).sum(), "sums_for_means"),
        (lambda r, f: -np.log(sigmoid(sigmoid(r))).mean() - np.log(1 - sigmoid(sigmoid(f))).mean(), "squashes_twice"),
        (lambda r, f: -np.log(sigmoid(r)).mean() - np.log(sigmoid(f)).mean(), "calls_fakes_real"),
        (lambda r, f: -np.log2(naive_sigmoid(r)).mean() - np.log2(1 - naive_sigmoid(f)).mean(), "in_bits_too"),
        (
            lambda r, f: -np.log(np.clip(sigmoid(r), 1e-7, 1)).mean() - np.log(np.clip(sigmoid(-f), 1e-7, 1)).mean(),
            "clips_probabilities",
        ),
        (
            lambda r, f: (
                np.log1p(np.exp(np.clip(-r, -500, 500))).mean() + np.log1p(np.exp(np.clip(f, -500, 500))).mean()
            ),
            "clips_both_scores",
        ),
    ],
)
def test_mistakes_with_discriminator_losses_in_other_words(of, belief):
    assert believes(gan.discriminator_loss, of_both(of)) == belief


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (lambda r, f: (softplus(-r).sum() + softplus(f).sum()) / len(r), "First difference: on 3 real and 2 fake"),
        (lambda r, f: np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + f).mean(), "is 7; it should be 5.176."),
        (lambda r, f: (softplus(-r).mean(), softplus(f).mean()), "has shape (2,); it should be one number."),
        (lambda r, f: softplus(f.mean() - r.mean()), "is 5.007; it should be 5.176."),
        (lambda r, f: softplus(f).mean() - softplus(-r).mean(), "is 0.9217; it should be 5.176."),
        (lambda r, f: max(softplus(-r).mean(), softplus(f).mean()), "First difference: on"),
        (lambda r, f: print(r, f), NOTHING_RETURNED),
    ],
)
def test_odd_discriminator_losses_are_told(of, message):
    assert message in says(gan.discriminator_loss, of_both(of))


def test_discriminator_losses_that_the_sentences_name():
    sure, wrong, nothing = np.array([1000.0]), np.array([-1000.0]), np.zeros(3)
    assert gan.squashes_twice(sure, wrong) == pytest.approx(1.006, abs=0.001)
    assert gan.two_means(nothing, nothing) == pytest.approx(1.386, abs=0.001)
    assert gan.clips_probabilities(wrong, wrong) == pytest.approx(16.1, abs=0.1)


# --- 06: take_turns -------------------------------------------------------------------------------------


def played(of):
    return lambda painter, judge, real, latents, game: of(painter, judge, real, latents, game)


def a_round(judges=lambda p, j, r, z, g: j - 0.1 * g.judging(p, j, r, z[0])[1], rate=0.1, back=np.array):
    """A right round, unless something else is put in its place."""

    def answer(painter, judge, real, latents, game):
        judge = judges(painter, judge, real, latents, game)
        return back([painter - rate * game.painting(painter, judge, latents[1])[0], judge])

    return answer


def judge_twice(painter, judge, real, latents, game):
    for _ in range(2):
        judge = judge - 0.1 * game.judging(painter, judge, real, latents[0])[1]
    return judge


def judge_in_place(painter, judge, real, latents, game):
    judge -= 0.1 * game.judging(painter, judge, real, latents[0])[1]
    return np.array([painter - 0.1 * game.painting(painter, judge, latents[1])[0], judge])


def both_in_place_from_before(painter, judge, real, latents, game):
    by_judge = game.judging(painter, judge, real, latents[0])[1]
    by_painter = game.painting(painter, judge, latents[1])[0]
    judge -= 0.1 * by_judge
    painter -= 0.1 * by_painter
    return np.array([painter, judge])


def copied_into_what_was_given(painter, judge, real, latents, game):
    painter[:], judge[:] = a_round()(painter, judge, real, latents, game)
    return np.array([painter, judge])


def test_rounds_in_other_words():
    assert is_right(gan.take_turns, a_round())
    assert is_right(gan.take_turns, a_round(back=np.vstack))
    assert is_right(gan.take_turns, a_round(back=lambda both: np.array(both, np.float32)))


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (judge_in_place, "steps_in_place"),
        (both_in_place_from_before, "asks_the_old_judge"),
        (a_round(lambda p, j, r, z, g: j - 0.1 * g.judging(p, j, r, z[1])[1]), "second_latents_twice"),
        (a_round(lambda p, j, r, z, g: j + 0.1 * g.judging(p, j, r, z[0])[1]), "judge_climbs"),
        (a_round(lambda p, j, r, z, g: j), "judge_stands_still"),
        (a_round(rate=-0.1), "painter_climbs"),
        (a_round(rate=0), "painter_stands_still"),
        (a_round(back=lambda both: np.array(both)[::-1]), "judge_is_returned_first"),
    ],
)
def test_mistakes_with_rounds_in_other_words(of, belief):
    assert believes(gan.take_turns, played(of)) == belief


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (a_round(back=tuple), "they come as a tuple"),
        (a_round(back=np.concatenate), "has shape (2,); it should have shape (2, 1)."),
        (a_round(rate=0.01), "First difference: on 3 × 1 real points"),
        (a_round(judge_twice), "First difference: on 3 × 1 real points"),
        (a_round(lambda p, j, r, z, g: j - 0.1 * g.judging(p, j, r, r)[1]), "First difference: on 3 × 1 real points"),
        (lambda p, j, r, z, g: g.judging(p, j, r, z), "latents should be an array (n, 1), here it is (2, 3, 1)"),
        (lambda p, j, r, z, g: a_round()(p, j, r, z, g)[0], "it should have shape (2, 1)."),
        (lambda p, j, r, z, g: np.array([p, j]), "First difference: on 3 × 1 real points"),
        (copied_into_what_was_given, "The type of your result is int64"),
        (copied_into_what_was_given, "Your answer also changes `painter`."),
        (lambda p, j, r, z, g: print(p, j), NOTHING_RETURNED),
    ],
)
def test_odd_rounds_are_told(of, message):
    assert message in says(gan.take_turns, played(of))


def test_a_round_is_told_the_same_twice():
    """The game has no address in what is shown."""
    told = [says(gan.take_turns, a_round(rate=0.01)) for _ in range(2)]
    assert told[0] == told[1]
    assert "game       the game\n" in told[0]


def test_the_slopes_of_the_game_are_those_of_its_losses():
    rng = np.random.default_rng(0)
    painter, judge, real, latents = gan._players(rng, 6, 4)

    def judging(weights):
        fakes = latents[0] * weights[0]
        return softplus(-(real @ weights[1])).mean() + softplus(fakes @ weights[1]).mean()

    def painting(weights):
        return softplus(-((latents[0] * weights[0]) @ weights[1])).mean()

    weights = np.array([painter, judge])
    for loss, slopes in (
        (judging, gan.game.judging(painter, judge, real, latents[0])),
        (painting, gan.game.painting(painter, judge, latents[0])),
    ):
        for place in np.ndindex(weights.shape):
            nudge = np.zeros_like(weights)
            nudge[place] = 1e-5
            expected = (loss(weights + nudge) - loss(weights - nudge)) / 2e-5
            assert slopes[place[0]][place[1]] == pytest.approx(expected, abs=1e-6)


def test_the_game_demands_weights_of_one_shape():
    """Else a wrong shape spreads over the arithmetic, up to arrays that fill the memory."""
    for painter, judge in ((np.ones((1, 3)), np.ones(3)), (np.ones(3), np.ones((3, 1))), (np.ones(3), np.ones(4))):
        with pytest.raises(ValueError, match=r"painter and judge should be weights \(d,\), here they are"):
            gan.game.painting(painter, judge, np.ones((5, 3)))


def test_who_moves_in_the_others_step_helps_the_other():
    painter, judge, real, latents = gan._players(np.random.default_rng(5), 50, 3)

    def scores(players_now, draw):
        return (latents[draw] * players_now[0]) @ players_now[1]

    fair = gan.judge_then_painter(painter, judge, real, latents, gan.game)
    fooled = gan.painter_moves_the_judge(painter, judge, real, latents, gan.game)
    assert softplus(-scores(fooled, 1)).mean() < softplus(-scores(fair, 1)).mean()
    spotted = painter - 0.1 * gan.game.judging(painter, judge, real, latents[0])[0]
    assert softplus(scores((spotted, judge), 0)).mean() < softplus(scores((painter, judge), 0)).mean()


# --- 06: find_the_copyist -------------------------------------------------------------------------------


def table(images, others):
    return np.sqrt(((images[:, None] - others[None]) ** 2).sum(axis=(2, 3, 4)))


def nearest(images, others):
    return table(images, others).min(axis=1)


def smallest(score, below=None):
    """An answer that takes the smallest score, if it is below a limit."""

    def answer(pictures, train, held_out):
        scores = [score(images, train, held_out) for images in pictures]
        best = int(np.argmin(scores))
        return best if below is None or scores[best] < below(train, held_out) else -1

    return answer


def mean_nearest(images, train, held_out):
    return nearest(images, train).mean()


def share_of_ruler(share):
    return lambda train, held_out: share * nearest(held_out, train).mean()


def root_mean_square(images, train, held_out):
    return np.sqrt((nearest(images, train) ** 2).mean())


def by_differences(images, train, held_out):
    return np.abs(images[:, None] - train[None]).sum(axis=(2, 3, 4)).min(axis=1).mean()


def first_with_most_near(pictures, train, held_out):
    limit = share_of_ruler(0.5)(train, held_out)
    for g, images in enumerate(pictures):
        if (nearest(images, train) < limit).mean() > 0.5:
            return g
    return -1


def contrast(images):
    return np.abs(images - 0.5).mean()


def edges(images):
    return np.abs(np.diff(images, axis=1)).mean() + np.abs(np.diff(images, axis=2)).mean()


def test_copyists_in_other_words():
    assert is_right(gan.find_the_copyist, smallest(mean_nearest, share_of_ruler(0.5)))
    assert is_right(
        gan.find_the_copyist,
        smallest(lambda i, t, h: nearest(i, t).mean() / nearest(h, t).mean(), lambda t, h: 0.5),
    )


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (smallest(lambda i, t, h: -contrast(i)), "the_sharpest"),
        (smallest(lambda i, t, h: -edges(i)), "the_sharpest"),
        (smallest(lambda i, t, h: -i.std()), "the_sharpest"),
        (smallest(lambda i, t, h: table(i, t).mean()), "near_to_the_mean_digit"),
        (smallest(lambda i, t, h: (table(i, t) ** 2).mean()), "near_to_the_mean_digit"),
        (smallest(lambda i, t, h: table(i, i).mean()), "all_alike"),
        (smallest(mean_nearest, share_of_ruler(0.95)), "nearer_is_enough"),
        (smallest(lambda i, t, h: nearest(i, t).max(), share_of_ruler(0.5)), "the_worst_picture_decides"),
        (smallest(lambda i, t, h: -mean_nearest(i, t, h)), "the_farthest"),
        (lambda pictures, train, held_out: -1, "lost_among_all"),
        (smallest(mean_nearest, share_of_ruler(0.6)), "limit_above_a_half"),
        (smallest(mean_nearest, share_of_ruler(0.7)), "forgets_the_root"),
        (smallest(lambda i, t, h: np.median(nearest(i, t)), share_of_ruler(0.5)), "most_pictures_decide"),
        (first_with_most_near, "most_pictures_decide"),
        (
            smallest(root_mean_square, lambda t, h: 0.5 * root_mean_square(h, t, h)),
            "root_of_the_mean_square",
        ),
        (smallest(root_mean_square, share_of_ruler(0.5)), "root_of_the_mean_square"),
        (smallest(by_differences, lambda t, h: 0.5 * by_differences(h, t, h)), "adds_differences"),
        (
            smallest(lambda i, t, h: mean_nearest(i, t, h) / nearest(i, h).mean(), lambda t, h: 0.5),
            "each_its_own_ruler",
        ),
    ],
)
def test_mistakes_with_copyists_in_other_words(answer, belief):
    assert believes(gan.find_the_copyist, answer) == belief


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (smallest(mean_nearest, share_of_ruler(0.25)), "your answer is -1; it should be 1."),
        (smallest(lambda i, t, h: nearest(i, h).mean(), share_of_ruler(0.5)), "it should be 1."),
        (smallest(lambda i, t, h: abs(i.mean() - h.mean())), "it should be -1."),
        (lambda pictures, train, held_out: 0, "your answer is 0; it should be -1."),
        (lambda pictures, train, held_out: "the second", "Your answer returns a string where numbers are asked for."),
        (lambda pictures, train, held_out: pictures[99], "raises IndexError"),
        (lambda pictures, train, held_out: [0], "has shape (1,); it should be one number."),
        (lambda pictures, train, held_out: print(len(pictures)), NOTHING_RETURNED),
    ],
)
def test_odd_copyists_are_told(answer, message):
    assert message in says(gan.find_the_copyist, answer)


def test_nobody_is_near_the_limit():
    """A little rounding, or an honest other distance, accuses nobody else; and generators of all kinds take part."""
    for pictures, train, held_out in gan._generators():
        ratios = np.array([nearest(images, train).mean() for images in pictures]) / nearest(held_out, train).mean()
        assert (ratios < 0.45).sum() <= 1
        assert not ((ratios > 0.45) & (ratios < 0.55)).any()


def test_a_limit_other_than_a_half_is_never_told_of_the_root_alone():
    """A limit of 0.7 and squares for distances answer alike."""
    message = gan.find_the_copyist.check(smallest(mean_nearest, share_of_ruler(0.7))).message
    assert "the root is missing, or your limit is another than a half" in message


# --- 07: next_rows --------------------------------------------------------------------------------------


def future_by_a_loop(images):
    inputs = np.zeros(images.shape[:3])
    for t in range(images.shape[1] - 1):
        inputs[:, t] = images[:, t + 1, :, 0]
    return inputs


def before_the_first_is_the_last(images):
    return np.stack([images[:, t - 1, :, 0] for t in range(images.shape[1])], axis=1)


def whole_numbers_by_a_loop(images):
    inputs = np.zeros(images.shape[:3], dtype=int)
    for t in range(1, images.shape[1]):
        inputs[:, t] = images[:, t - 1, :, 0]
    return inputs


def second_row_forgotten(images):
    inputs = np.zeros(images.shape[:3])
    for t in range(2, images.shape[1]):
        inputs[:, t] = images[:, t - 1, :, 0]
    return inputs


def shifted_in_place(images):
    images[:, 1:] = images[:, :-1]
    images[:, 0] = 0
    return images[..., 0]


def zeros_run_down(images):
    inputs = images[..., 0].copy()
    inputs[:, 0] = 0
    for t in range(1, inputs.shape[1]):
        inputs[:, t] = inputs[:, t - 1]
    return inputs


def test_inputs_in_other_words():
    assert is_right(writer.next_rows, lambda images: np.insert(images[:, :-1, :, 0], 0, 0, axis=1))
    assert is_right(writer.next_rows, lambda images: np.pad(images, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1, :, 0])
    assert is_right(
        writer.next_rows, lambda images: np.eye(images.shape[1], k=-1) @ images[..., 0]
    )  # a matrix that moves rows


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (future_by_a_loop, "sees_the_future"),
        (before_the_first_is_the_last, "last_row_comes_first"),
        (whole_numbers_by_a_loop, "whole_number_zeros"),
        (zeros_run_down, "all_zeros"),
        (lambda images: images.reshape(images.shape[:3]), "copies_the_answer"),
        (lambda images: np.pad(images[..., 0], ((0, 0), (1, 0), (0, 0)))[:, 1:], "copies_the_answer"),
        (lambda images: np.roll(images[..., 0], 1), "rolls_pixels"),
        (lambda images: np.insert(images[:, :-1], 0, 0, axis=1), "keeps_the_channel"),
        (lambda images: np.pad(images[..., 0], ((0, 0), (1, 0), (0, 0)), "edge")[:, :-1], "first_row_twice"),
        (lambda images: np.insert(images[..., 0], 0, 0, axis=1), "one_row_too_many"),
        (lambda images: images, "images_as_they_are"),
        (lambda images: images.copy(), "images_as_they_are"),
        (lambda images: images[:, :-1], "one_row_too_few_with_channel"),
    ],
)
def test_mistakes_with_inputs_in_other_words(answer, belief):
    assert believes(writer.next_rows, lambda images: answer(images)) == belief


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (shifted_in_place, "Your result is right, but your answer changes `images`."),
        (second_row_forgotten, "has 0 at [0, 1, 0]; it should have 0.3."),
        (lambda images: list(writer.padded_above(images)), LISTED),
        (lambda images: writer.padded_above(images)[0], "has shape (3, 2); it should have shape (1, 3, 2)."),
        (lambda images: writer.padded_above(images).swapaxes(1, 2), "has shape (1, 2, 3); it should have"),
        (lambda images: np.roll(images[..., 0], -1, axis=1), "has 0.7 at [0, 0, 0]; it should have 0."),
        (lambda images: writer.padded_above(images) / images.max(), "First difference: on 1 × 3 × 2 × 1 images"),
        (lambda images: images[..., 0] - writer.padded_above(images), "First difference: on 1 × 3 × 2 × 1 images"),
        (lambda images: (writer.padded_above(images), images), "makes no array. Are its rows of different lengths?"),
        (lambda images: np.concatenate([np.zeros((1, 1, 8)), images[..., 0]], axis=1), "raises ValueError"),
        (lambda images: print(images), NOTHING_RETURNED),
    ],
)
def test_odd_inputs_are_told(answer, message):
    assert message in says(writer.next_rows, answer)


def test_ink_is_light():
    told = next(misconception for misconception in writer.next_rows.wrong if misconception.id == "begins_with_ones")
    assert "a bar of ink" in told.sentence and "black" not in told.sentence


# --- 07: draw_level -------------------------------------------------------------------------------------


def drawn(of):
    return lambda probabilities, chances: of(probabilities, chances)


def each_row(of):
    """`of(row, chance)` for each pixel."""
    return lambda probabilities, chances: np.array([of(*pair) for pair in zip(probabilities, chances, strict=True)])


def summed_in_place(probabilities, chances):
    ends = np.cumsum(probabilities, axis=1, out=probabilities)[:, :-1]
    return (ends <= chances[:, None]).sum(axis=1)


def ends_of(probabilities):
    return np.cumsum(probabilities, axis=1)


def test_draws_in_other_words():
    assert is_right(writer.draw_level, drawn(course_writer._draw))
    assert is_right(writer.draw_level, drawn(lambda p, u: course_writer._draw(p, u).astype(np.uint8)))
    assert is_right(
        writer.draw_level,
        drawn(lambda p, u: np.minimum((ends_of(p) <= u[:, None]).sum(axis=1), p.shape[1] - 1)),
    )
    assert is_right(writer.draw_level, drawn(lambda p, u: (ends_of(p) / ends_of(p)[:, -1:] <= u[:, None]).sum(axis=1)))


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (each_row(lambda row, chance: np.argmax(row)), "takes_the_peak"),
        (each_row(lambda row, chance: np.searchsorted(np.cumsum(row), chance)), "first_of_two_stretches"),
        (each_row(lambda row, chance: np.searchsorted(np.cumsum(row), chance, side="right")), "falls_off_the_end"),
        (lambda p, u: (ends_of(p) >= u[:, None]).argmax(axis=1), "first_of_two_stretches"),
        (lambda p, u: (ends_of(p)[:, :16] <= u[:, None]).sum(axis=1), "falls_off_the_end"),
        (lambda p, u: np.round(p @ np.arange(p.shape[1])), "rounds_the_mean_level"),
        (lambda p, u: (p @ np.arange(p.shape[1])).astype(int), "cuts_the_mean_off"),
        (lambda p, u: p @ np.arange(p.shape[1]), "mean_level"),
        (lambda p, u: np.floor(u * p.shape[1]), "all_levels_alike"),
        (lambda p, u: (u[:, None] < p).argmax(axis=1), "first_probability_beyond"),
        (lambda p, u: (ends_of(p)[:, :-1] <= 1 - u[:, None]).sum(axis=1), "chances_from_the_end"),
        (lambda p, u: course_writer._draw(p, 1 - u), "chances_from_the_end"),
        (lambda p, u: (ends_of(p)[:, :-1] < 1 - u[:, None]).sum(axis=1), "from_the_last_level"),
        (each_row(lambda row, chance: np.random.choice(len(row), p=row / row.sum())), "draws_its_own"),
        (lambda p, u: course_writer._draw(p, np.random.rand(len(p))), "draws_its_own"),
        (lambda p, u: course_writer._draw(p, np.random.default_rng().random(len(p))), "draws_its_own"),
        (each_row(lambda row, chance: random.choices(range(len(row)), row)[0]), "draws_its_own"),
    ],
)
def test_mistakes_with_draws_in_other_words(of, belief):
    assert believes(writer.draw_level, drawn(of)) == belief


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (summed_in_place, "Your result is right, but your answer changes `probabilities`."),
        (lambda p, u: course_writer._draw(p, u).tolist(), LISTED),
        (lambda p, u: course_writer._draw(p, u)[0], "is one number; it should have shape (1,)."),
        (lambda p, u: np.round(u * (p.shape[1] - 1)), "First difference: with 1 × 5 probabilities"),
        (lambda p, u: p.argmin(axis=1), "First difference: with 1 × 5 probabilities"),
        (lambda p, u: (p < u[:, None]).sum(axis=1), "has 3 at [0]; it should have 0."),
        (lambda p, u: (ends_of(p) <= u).sum(axis=1), "raises ValueError: operands could not be broadcast"),
        (lambda p, u: print(p, u), NOTHING_RETURNED),
    ],
)
def test_odd_draws_are_told(of, message):
    assert message in says(writer.draw_level, drawn(of))


def test_two_inputs_are_alike():
    """By them an answer is known that draws chances of its own; equal chances would not do in its place."""
    one, other = (writer._pixels_to_draw()[k] for k in writer.ALIKE)
    assert all(map(np.array_equal, one, other))
    always_one_seed = drawn(lambda p, u: course_writer._draw(p, np.random.default_rng(0).random(len(p))))
    assert "it should have" in says(writer.draw_level, always_one_seed)


def test_levels_come_as_often_as_the_sentences_say():
    probabilities = np.tile([0.3, 0.2, 0.5], (3000, 1))
    chances = (np.arange(3000) + 0.5) / 3000
    for answer in (writer.counts_ends_passed, writer.from_the_last_level, writer.chances_from_the_end):
        assert np.bincount(answer(probabilities, chances)).tolist() == [900, 600, 1500]


# --- 07: temperature ------------------------------------------------------------------------------------


def tempered(of):
    return lambda logits, temperature: of(logits, temperature)


def shared(powers):
    return powers / powers.sum(axis=1, keepdims=True)


def test_temperatures_in_other_words():
    assert is_right(writer.temperature, tempered(course_writer.temper))
    assert is_right(writer.temperature, tempered(lambda x, t: softmax(x / t)))
    assert is_right(writer.temperature, tempered(lambda x, t: shared(naive_softmax(x) ** (1 / t))))
    assert is_right(writer.temperature, tempered(lambda x, t: np.exp(scipy.special.log_softmax(x / t, axis=1))))


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (lambda x, t: shared(softmax(x) / t), "as_learned"),
        (lambda x, t: softmax(x - t), "as_learned"),
        (lambda x, t: naive_softmax(x * t), "hot_for_cold"),
        (lambda x, t: shared(softmax(x) ** t), "hot_for_cold"),
        (lambda x, t: naive_softmax(naive_softmax(x) / t), "softmax_of_probabilities"),
        (lambda x, t: naive_softmax(naive_softmax(x / t)), "softmax_twice"),
        (lambda x, t: np.exp(x / t) / np.exp(x / t).sum(axis=1), "sums_lose_their_axis"),
        (lambda x, t: np.exp(x / t) / np.exp(x / t).sum(axis=0), "shares_across_pixels"),
        (lambda x, t: np.exp(x / t) / np.exp(x / t).sum(), "shares_of_all"),
        (lambda x, t: naive_softmax(x / t), "overflows_when_cold"),
        (lambda x, t: naive_softmax(x / t - (x / t).mean(axis=1, keepdims=True)), "takes_the_mean_away"),
        (lambda x, t: naive_softmax((x - x.mean(axis=1)[:, None]) / t), "takes_the_mean_away"),
        (lambda x, t: naive_softmax(x / t - np.median(x / t, axis=1, keepdims=True)), "takes_the_mean_away"),
        (lambda x, t: naive_softmax(x / t - x[:, :1] / t), "takes_the_mean_away"),
    ],
)
def test_mistakes_with_temperatures_in_other_words(of, belief):
    assert believes(writer.temperature, tempered(of)) == belief


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (lambda x, t: softmax(x / t).tolist(), LISTED),
        (lambda x, t: softmax(x / t).argmax(axis=1), "has shape (2,); it should have shape (2, 2)."),
        (lambda x, t: softmax(x / t**2), "has 0.9879 at [0, 0]; it should have 0.9002."),
        (lambda x, t: softmax(x // t), "First difference: on 2 × 2 logits at temperature 0.5"),
        (
            lambda x, t: naive_softmax(np.clip(x / t, -500, 500)),
            "First difference: on 4 × 4 logits at temperature 0.05",
        ),
        (lambda x, t: softmax(softmax(x) * t), "First difference: on 2 × 2 logits at temperature 0.5"),
        (lambda x, t: np.exp(x / t), "has 9.025 at [0, 0]; it should have 0.9002."),
        (lambda x, t: softmax(np.divide(x, t, out=x)), "raises UFuncTypeError: Cannot cast"),
        (lambda x, t: print(x / t), NOTHING_RETURNED),
    ],
)
def test_odd_temperatures_are_told(of, message):
    assert message in says(writer.temperature, tempered(of))


def test_what_remains_without_the_mean():
    large, cold = writer._logits_and_temperatures()[1]
    scaled = large / cold
    assert (scaled - scaled.mean(axis=1, keepdims=True)).max() == pytest.approx(750)


def test_odds_that_the_stub_names():
    odds = writer.divides_logits_first(np.log([[3.0, 1.0]]), 0.5), writer.divides_logits_first(np.log([[4.0, 1.0]]), 2)
    assert [round(float(row[0, 0] / row[0, 1]), 6) for row in odds] == [9, 2]


def test_every_probability_keeps_its_place():
    """What the insight says: order stays; near 0 the peak takes everything, far above all levels are alike."""
    logits = np.random.default_rng(0).normal(0, 2, (4, 7))
    for temperature in (0.01, 0.5, 3, 1e6):
        given = writer.divides_logits_first(logits, temperature)
        assert (given.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert np.allclose(writer.divides_logits_first(logits, 0.001).max(axis=1), 1)
    assert np.allclose(writer.divides_logits_first(logits, 1e6), 1 / 7, atol=1e-5)


# --- 07: bits -------------------------------------------------------------------------------------------


def measured(of):
    return lambda probabilities, pixels: of(probabilities, pixels)


def came(probabilities, pixels):
    return np.take_along_axis(probabilities, pixels[..., None].astype(int), axis=-1)[..., 0]


def bits_of(probabilities, pixels):
    return -np.log2(came(probabilities, pixels))


def test_bits_in_other_words():
    assert is_right(writer.bits, measured(lambda p, x: bits_of(p, x).mean()))
    assert is_right(
        writer.bits, measured(lambda p, x: np.mean([bits_of(*one).mean() for one in zip(p, x, strict=True)]))
    )
    assert is_right(writer.bits, measured(lambda p, x: -np.log(came(p, x) + 1e-12).sum() / np.log(2) / x.size))


def test_bits_are_those_of_the_course():
    probabilities, pixels = writer._expectations()[-1]
    images = (pixels / 16).astype(np.float32)[..., None]
    assert writer.pixel_by_pixel(probabilities, pixels) == pytest.approx(
        course_writer.bits_per_dimension(np.log(probabilities), images)
    )


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (lambda p, x: -(np.log(p) * np.eye(p.shape[-1])[x]).sum(axis=-1).mean(), "in_nats"),
        (lambda p, x: -np.log2(np.prod(came(p, x))) / x.size, "multiplies_first"),
        (lambda p, x: bits_of(p, x).sum() / len(x), "bits_of_an_image"),
        (lambda p, x: -np.log2(p[:, :, :, x]).mean(), "every_level_everywhere"),
        (lambda p, x: np.exp(-np.log(came(p, x)).mean()), "choices_left"),
        (lambda p, x: bits_of(p, x), "bits_of_each_pixel"),
        (lambda p, x: bits_of(p, x).mean(axis=(1, 2)), "mean_of_each_image"),
        (lambda p, x: -np.log2(p.max(axis=3)).mean(), "surprise_of_the_peak"),
        (lambda p, x: (np.argmax(p, axis=3) == x).sum() / x.size, "right_guesses"),
        (lambda p, x: -np.log2(p[x]).mean(), "images_for_pixels"),
        (lambda p, x: np.mean(-np.log2(p[x].max(axis=-1))), "images_for_pixels"),
        (lambda p, x: np.log2(1 / p).sum() / p.size, "all_levels_count"),
        (lambda p, x: bits_of(p, x).sum() / 64, "divides_by_64"),
        (lambda p, x: (bits_of(p, x).sum(axis=(1, 2)) / 64).mean(), "sixty_four_an_image"),
    ],
)
def test_mistakes_with_bits_in_other_words(of, belief):
    assert believes(writer.bits, measured(of)) == belief


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (lambda p, x: np.median(bits_of(p, x)), "First difference: on 2 × 3 × 2 pixels"),
        (lambda p, x: -np.log2(came(p, x).sum()), "is 1.415; it should be 2.5."),
        (lambda p, x: -np.log(came(p, x)).mean() * np.log(2), "is 1.201; it should be 2.5."),
        (lambda p, x: int(bits_of(p, x).mean()), "The type of your result is int64"),
        (lambda p, x: -np.log2(1 - came(p, x)).mean(), "is 0.3038; it should be 2.5."),
        (lambda p, x: p[99], "raises IndexError: index 99 is out of bounds"),
        (lambda p, x: bits_of(p, x).mean(axis=0), "has shape (1, 2); it should be one number."),
        (lambda p, x: print(bits_of(p, x)), NOTHING_RETURNED),
    ],
)
def test_odd_bits_are_told(of, message):
    assert message in says(writer.bits, measured(of))


def test_numbers_that_the_sentences_on_bits_name():
    halves, tenths = np.full((1, 1, 1, 2), 0.5), np.full((1, 1, 1, 10), 0.1)
    nothing = np.zeros((1, 1, 1), int)
    assert writer.in_nats(halves, nothing) == pytest.approx(0.693, abs=0.001)
    assert writer.in_decimal_digits(halves, nothing) == pytest.approx(0.301, abs=0.001)
    assert writer.in_decimal_digits(tenths, nothing) == pytest.approx(1)
    assert writer.in_levels(tenths, nothing) == pytest.approx(1)
    assert writer.pixel_by_pixel(np.full((1, 1, 1, 17), 1 / 17), nothing) == pytest.approx(4.087, abs=0.001)
