"""Exercises of lesson 06, GAN."""

import numpy as np

from course_utils.exercises.engine import Exercise

__all__ = ["Game", "discriminator_loss", "find_the_copyist", "game", "generator_loss", "take_turns"]


# --- generator_loss --------------------------------------------------------------------------------------


def my_generator_loss(scores):
    """The generator's loss: the mean of −log(probability that a fake is real), one number.

    `scores` (n,) are the discriminator's scores of n fakes, any numbers from −∞ to ∞. The
    probability it gives a fake of being real is sigmoid(score) = 1 / (1 + e^−score).
    It must also work for scores like 1000 and −1000. NumPy only.
    """
    raise NotImplementedError


def by_logaddexp(scores):
    """−log sigmoid(score) is log(1 + e^−score), and NumPy has that without overflow: log(e^0 + e^−score)."""
    return np.logaddexp(0, -scores).mean()


def straight_part_and_rest(scores):
    """Below 0 the loss is nearly −score, above it nearly 0; what is missing is the same on both sides."""
    return np.mean(np.maximum(-scores, 0) + np.log1p(np.exp(-np.abs(scores))))


def fake_after_fake(scores):
    """One fake after the other; each side of 0 has a form whose power cannot grow."""
    total = 0.0
    for score in scores:
        if score > 0:
            total += np.log1p(np.exp(-score))
        else:
            total += np.log1p(np.exp(score)) - score
    return total / len(scores)


def cross_entropy_with_ones(scores):
    """The cross-entropy of scores that libraries compute, with the label 1, “real”, for every fake."""
    labels = np.ones(len(scores))
    losses = np.maximum(scores, 0) - scores * labels + np.log1p(np.exp(-np.abs(scores)))
    return losses.mean()


def saturates(scores):
    """Your answer is the mean of log(1 − probability), the first loss of 2014, and it saturates: a fake that is spotted
    surely, at a score of −10, gives it a slope of 0.00005, so your generator hears next to nothing just when it
    has most to learn. Take minus the logarithm of the probability itself: there the slope at −10 is nearly −1.
    """
    return -np.logaddexp(0, scores).mean()


def sigmoid_twice(scores):
    """Your answer squashes twice: sigmoid makes probabilities of the scores, and then they go as scores into a loss
    that squashes them again. Your loss never leaves 0.31 to 0.69, however good or bad the fakes are. Give the scores
    as they come to `np.logaddexp(0, -scores)`: the sigmoid is inside.
    """
    probabilities = 0.5 + 0.5 * np.tanh(scores / 2)
    return np.logaddexp(0, -probabilities).mean()


def takes_scores_for_probabilities(scores):
    """Your answer takes the logarithm of the scores. A score is no probability: it may be negative, and then it has no
    logarithm (NaN). Sigmoid makes a probability of it; log(1 + e^−score) does both steps at once.
    """
    return -np.log(scores).mean()


def labels_exchanged(scores):
    """Your loss rises with the score: it is the mean of −log(1 − probability), the discriminator's loss for fakes. A
    generator with that loss learns to be spotted. It wants to be taken for real, so its label is 1: the sign of the
    score changes.
    """
    return np.logaddexp(0, scores).mean()


def loses_the_minus(scores):
    """Your answer is the mean logarithm of the probability, without the minus: always below 0, and lower the worse
    the fakes are. Learning makes a loss small, so your generator would learn to paint badly. Put a minus before it.
    """
    return -np.logaddexp(0, -scores).mean()


def adds_up(scores):
    """Your answer adds the losses of all fakes up. Twice as many fakes would then make steps twice as large; take the
    mean, and a batch of any size speaks equally loud.
    """
    return np.logaddexp(0, -scores).sum()


def keeps_each_fake(scores):
    """Your answer has a loss for each fake, (n,), and each of them is right. A step needs one number to make smaller:
    their mean.
    """
    return np.logaddexp(0, -scores)


def logarithm_of_the_mean(scores):
    """Your answer averages the probabilities and takes the logarithm afterwards. Then one fake that passes pays for all
    the others, and the spotted ones are hardly heard. First the logarithm of each, then the mean.
    """
    probabilities = 0.5 + 0.5 * np.tanh(scores / 2)
    return -np.log(probabilities.mean())


def forgets_the_logarithm(scores):
    """Your answer is the mean of 1 − probability, without a logarithm. Its slope is nearly 0 where a fake is spotted
    surely: −100 costs hardly more than −10, so nothing tells your generator to begin there. −log(probability) goes on
    rising.
    """
    return (0.5 - 0.5 * np.tanh(scores / 2)).mean()


def mean_probability(scores):
    """Your answer is the mean probability of being real. That rises as the fakes get better, and a loss should fall;
    the logarithm is missing as well: minus log of each probability, then the mean.
    """
    return (0.5 + 0.5 * np.tanh(scores / 2)).mean()


def mean_of_scores(scores):
    """Your answer is minus the mean score, as a Wasserstein GAN has it. There the judge is a critic of another kind;
    here, with probabilities, it pushes a fake at +10, which passes already, as hard as one at −10. −log(probability)
    leaves the first in peace.
    """
    return -np.mean(scores)


def hinge(scores):
    """Your answer is a hinge, max(0, 1 − score): straight down to a corner at 1 and flat behind it. Some GANs judge
    reals so; here −log(probability) is asked for, which bends softly, and is 0.69 at a score of 0 where yours is 1.
    """
    return np.maximum(0, 1 - scores).mean()


def squared_distance(scores):
    """Your answer is the mean squared distance of the probability from 1. Squaring helps little: where a fake is
    spotted surely the sigmoid is flat, and so is your loss. The logarithm undoes that flatness, a square does not.
    """
    return ((0.5 - 0.5 * np.tanh(scores / 2)) ** 2).mean()


def counts_the_spotted(scores):
    """Your answer is the share of fakes that are spotted, those with a score below 0. That is worth knowing, but it
    moves in jumps: a small step of the generator changes nothing in it, so it has no slope to follow. Take −log of
    the probability.
    """
    return (scores < 0).mean()


def in_bits(scores):
    """Your answer uses logarithms to the base 2, so your loss is in bits, 1.44 times as large. `log` without a base
    means the natural one here, as in NumPy and Keras: `np.log`, or `np.logaddexp`.
    """
    return np.logaddexp(0, -scores).mean() / np.log(2)


def overflows(scores):
    """Your answer is right until a score is very low: at −1000 the power e^1000 is more than a float holds and becomes
    ∞, or the probability becomes exactly 0, whose logarithm is −∞; either way your loss is infinite. It should be
    1000. `np.logaddexp(0, -scores)` is log(1 + e^−score) without either.
    """
    return np.log(1 + np.exp(-scores)).mean()


def overflows_upwards(scores):
    """Your answer is right until scores grow: e^1000 is more than a float holds, it becomes ∞, and ∞ / ∞ is no number
    (NaN). No probability needs to be written down at all: `np.logaddexp(0, -scores)` is log(1 + e^−score), which is
    −log of it.
    """
    return -np.log(np.exp(scores) / (1 + np.exp(scores))).mean()


def clips_the_probability(scores):
    """Your answer is right until a fake is spotted very surely: you hold the probability at 1e-7 or above, so no fake
    costs more than about 16, and below a score of −16 the slope is 0. Your generator needs it most there. From the
    scores themselves the loss needs no such help: `np.logaddexp(0, -scores)`.
    """
    probabilities = 0.5 + 0.5 * np.tanh(scores / 2)
    return -np.log(np.maximum(probabilities, 1e-7)).mean()


def clips_the_scores(scores):
    """Your answer is right until a score lies beyond ±500: you hold the scores between, so no fake costs more than 500,
    and beyond that the slope is 0. At −1000 the loss should be 1000. `np.logaddexp(0, -scores)` needs no such help.
    """
    return np.logaddexp(0, -np.clip(scores, -500, 500)).mean()


def _scores():
    # Very large scores in one input only: who overflows there and has another misconception still gets its sentence.
    rng = np.random.default_rng(61)
    return [
        (np.array([-2.0, 0.5, 1.0]),),
        (np.array([-1000.0, 2.0, 1000.0]),),
        (np.array([-1.5]),),
        (rng.normal(-3, 3, 8).round(1).astype(np.float32),),
        (rng.normal(0, 2, 60).round(1),),
        (np.array([3, -5, 0, 1, -1]),),
    ]


generator_loss = Exercise(
    "gan.generator_loss",
    my_generator_loss,
    right=[by_logaddexp, straight_part_and_rest, fake_after_fake, cross_entropy_with_ones],
    wrong=[
        saturates,
        sigmoid_twice,
        takes_scores_for_probabilities,
        labels_exchanged,
        loses_the_minus,
        adds_up,
        keeps_each_fake,
        logarithm_of_the_mean,
        forgets_the_logarithm,
        mean_probability,
        mean_of_scores,
        hinge,
        squared_distance,
        counts_the_spotted,
        in_bits,
        overflows,
        overflows_upwards,
        clips_the_probability,
        clips_the_scores,
    ],
    cases=_scores,
    situation="on {scores} scores",
    hints=[
        "Write −log(1 / (1 + e^−score)) without the fraction. What should one fake cost whose score is 1000, and one "
        "whose score is −1000?",
        "It is log(1 + e^−score): about 0 for the first and 1000 for the second. NumPy has log(e^a + e^b) as "
        "`np.logaddexp(a, b)`, and it does not overflow. What are a and b?",
        "1 is e^0: `np.logaddexp(0, -scores)` has a loss for each fake. Return their mean.",
    ],
    insight="A fake at −10 has a slope of nearly −1 here: the more surely it is spotted, the better it is told where "
    "to go. With the mean of log(1 − probability) the same fake would have 0.00005.",
)


# --- discriminator_loss ----------------------------------------------------------------------------------


def my_discriminator_loss(real_scores, fake_scores):
    """The discriminator's loss, one number: the mean over reals of −log(probability of being
    real), plus the mean over fakes of −log(probability of being fake).

    `real_scores` (n,) and `fake_scores` (m,) are its scores, any numbers from −∞ to ∞. It gives
    a picture the probability sigmoid(score) = 1 / (1 + e^−score) of being real, and of being
    fake 1 minus that. It must also work for scores like 1000 and −1000. NumPy only.
    """
    raise NotImplementedError


def two_means(real_scores, fake_scores):
    """1 − sigmoid(score) is sigmoid(−score): for fakes the sign changes, and nothing else."""
    return np.logaddexp(0, -real_scores).mean() + np.logaddexp(0, fake_scores).mean()


def cross_entropies(real_scores, fake_scores):
    """The cross-entropy of scores with labels, once with ones and once with zeros."""

    def cross_entropy(scores, label):
        tail = np.log1p(np.exp(-np.abs(scores)))
        return np.mean(np.maximum(scores, 0) - scores * label + tail)

    return cross_entropy(real_scores, 1) + cross_entropy(fake_scores, 0)


def picture_after_picture(real_scores, fake_scores):
    """Each picture counts its share of its own kind: 1 / n of a real one, 1 / m of a fake."""
    n, m = len(real_scores), len(fake_scores)
    signed = [*-real_scores, *fake_scores]
    shares = [1 / n] * n + [1 / m] * m
    loss = 0.0
    for value, share in zip(signed, shares, strict=True):
        loss += share * (max(value, 0) + np.log1p(np.exp(-abs(value))))
    return loss


def weighted_by_kind(real_scores, fake_scores):
    """All signed scores in one row, and one dot product with what each of them counts."""
    signed = np.concatenate([-real_scores, fake_scores])
    n, m = len(real_scores), len(fake_scores)
    return np.repeat([1 / n, 1 / m], [n, m]) @ np.logaddexp(0, signed)


def squashes_twice(real_scores, fake_scores):
    """Your answer squashes twice: sigmoid makes probabilities of the scores, and then they go as scores into a loss
    that squashes them again. A discriminator that is always right would still pay 1.006, and your loss hardly
    tells a good one from a bad one. Give the scores as they come: the sigmoid is inside `np.logaddexp(0, …)`.
    """
    reals, fakes = (0.5 + 0.5 * np.tanh(scores / 2) for scores in (real_scores, fake_scores))
    return np.logaddexp(0, -reals).mean() + np.logaddexp(0, fakes).mean()


def probabilities_without_sigmoid(real_scores, fake_scores):
    """Your answer takes the logarithm of the scores. A score is no probability: below 0 it has no logarithm, and above
    1 there is none of 1 − score (NaN). Sigmoid makes a probability of it; log(1 + e^−score) does both at once.
    """
    return -np.log(real_scores).mean() - np.log(1 - fake_scores).mean()


def kinds_exchanged(real_scores, fake_scores):
    """Your answer has the labels exchanged: it charges real pictures for being taken for real, and fakes for being
    taken for fake. The loss should be small when real scores are high and fake scores low.
    """
    return np.logaddexp(0, real_scores).mean() + np.logaddexp(0, -fake_scores).mean()


def calls_fakes_real(real_scores, fake_scores):
    """Your answer wants high scores for both: it calls the fakes real. That is the generator's wish. The discriminator
    should call them fake, and the probability of that is 1 − sigmoid(score), which is sigmoid(−score): there the
    sign changes.
    """
    return np.logaddexp(0, -real_scores).mean() + np.logaddexp(0, -fake_scores).mean()


def calls_reals_fake(real_scores, fake_scores):
    """Your answer wants low scores for both: it calls the real pictures fake. For them the probability of being real
    counts, −log sigmoid(score), so the sign of the score changes there: `np.logaddexp(0, -real_scores)`.
    """
    return np.logaddexp(0, real_scores).mean() + np.logaddexp(0, fake_scores).mean()


def reals_only(real_scores, fake_scores):
    """Your answer looks at real pictures only. A discriminator that calls everything real would be perfect then. Add
    the mean loss of the fakes.
    """
    return np.logaddexp(0, -real_scores).mean()


def fakes_only(real_scores, fake_scores):
    """Your answer looks at fakes only. A discriminator that calls everything fake would be perfect then. Add the mean
    loss of the real pictures.
    """
    return np.logaddexp(0, fake_scores).mean()


def one_mean_over_all(real_scores, fake_scores):
    """Your answer takes one mean over all pictures. Then the kind that comes in larger number has more to say; and with
    as many of each, your loss is half of what is asked. Take a mean of each kind, and add the two.
    """
    return np.logaddexp(0, np.concatenate([-real_scores, fake_scores])).mean()


def half_of_it(real_scores, fake_scores):
    """Your answer is the mean of the two means, half of what is asked. As a goal it is the same; but steps would be
    half as long, and nobody could compare your numbers with the lesson's. Add the two means.
    """
    return (np.logaddexp(0, -real_scores).mean() + np.logaddexp(0, fake_scores).mean()) / 2


def sums_for_means(real_scores, fake_scores):
    """Your answer adds the losses of all pictures up. Twice as many pictures would then make steps twice as large; take
    the mean of each kind, and add the two.
    """
    return np.logaddexp(0, -real_scores).sum() + np.logaddexp(0, fake_scores).sum()


def subtracts_the_fakes(real_scores, fake_scores):
    """Your answer subtracts the fakes' loss from the reals'. Learning makes a loss small, so your discriminator would
    seek mistakes with fakes. The sign of the score changes inside the logarithm; the two losses are added.
    """
    return np.logaddexp(0, -real_scores).mean() - np.logaddexp(0, fake_scores).mean()


def maximises(real_scores, fake_scores):
    """Your answer is the paper's formula of 2014, log D for reals plus log(1 − D) for fakes. It is a value to be made
    *large*, while steps make a loss small. Put a minus before it all.
    """
    return -np.logaddexp(0, -real_scores).mean() - np.logaddexp(0, fake_scores).mean()


def difference_of_scores(real_scores, fake_scores):
    """Your answer is the mean score of fakes less that of reals, as a Wasserstein GAN has it. That has no end: scores
    may drift apart for ever, and it takes a special leash to hold them. Here the logarithms of probabilities are
    asked for.
    """
    return fake_scores.mean() - real_scores.mean()


def share_of_mistakes(real_scores, fake_scores):
    """Your answer counts mistakes: it adds the share of reals with a score below 0 and that of fakes above. That is
    worth knowing, but it moves in jumps, and a small step of the discriminator changes nothing in it. A loss needs a
    slope: take −log of the probabilities.
    """
    return (real_scores < 0).mean() + (fake_scores > 0).mean()


def logarithms_of_means(real_scores, fake_scores):
    """Your answer averages the probabilities and takes the logarithms afterwards. Then one picture that is judged well
    pays for all the others of its kind. First the logarithm of each, then the mean.
    """
    reals, fakes = (0.5 + 0.5 * np.tanh(scores / 2) for scores in (real_scores, -fake_scores))
    return -np.log(reals.mean()) - np.log(fakes.mean())


def without_logarithms(real_scores, fake_scores):
    """Your answer adds up probabilities of being wrong, without a logarithm. Then a sure mistake costs hardly more than
    a likely one, and its slope is nearly 0: your discriminator could not learn from it. Take −log of the probability
    of being right.
    """
    return (0.5 - 0.5 * np.tanh(real_scores / 2)).mean() + (0.5 + 0.5 * np.tanh(fake_scores / 2)).mean()


def real_with_fake(real_scores, fake_scores):
    """Your answer adds the losses of reals and fakes number by number, before the mean. That works while there are as
    many of each, or one; with 3 and 5 they do not fit together. Each kind has a mean of its own; add those.
    """
    return np.mean(np.logaddexp(0, -real_scores) + np.logaddexp(0, fake_scores))


def smooths_the_labels(real_scores, fake_scores):
    """Your answer charges real pictures for being believed too surely: their label is 0.9 instead of 1. That is a known
    trick against a discriminator that grows too sure; here the label of reals is 1, plainly.
    """
    reals = 0.9 * np.logaddexp(0, -real_scores) + 0.1 * np.logaddexp(0, real_scores)
    return reals.mean() + np.logaddexp(0, fake_scores).mean()


def in_bits_too(real_scores, fake_scores):
    """Your answer uses logarithms to the base 2, so your loss is in bits, 1.44 times as large. `log` without a base
    means the natural one here, as in NumPy and Keras: `np.log`, or `np.logaddexp`.
    """
    return (np.logaddexp(0, -real_scores).mean() + np.logaddexp(0, fake_scores).mean()) / np.log(2)


def overflows_at_1000(real_scores, fake_scores):
    """Your answer is right until a score is very large on the wrong side: e^1000 is more than a float holds and becomes
    ∞; or the probability, or 1 minus it, becomes exactly 0, whose logarithm is −∞. Either way your loss is infinite
    where it should be about 1000. `np.logaddexp(0, x)` is log(1 + e^x) without either, and 1 − sigmoid(x) is
    sigmoid(−x).
    """
    return np.log(1 + np.exp(-real_scores)).mean() + np.log(1 + np.exp(fake_scores)).mean()


def infinite_over_infinite(real_scores, fake_scores):
    """Your answer is right until scores grow: e^1000 is more than a float holds, it becomes ∞, and ∞ / ∞ is no number
    (NaN). No probability needs to be written down at all: `np.logaddexp(0, -real_scores)` is −log of it, and for fakes
    the score has the other sign.
    """
    reals = np.exp(real_scores) / (1 + np.exp(real_scores))
    fakes = np.exp(fake_scores) / (1 + np.exp(fake_scores))
    return -np.log(reals).mean() - np.log(1 - fakes).mean()


def clips_probabilities(real_scores, fake_scores):
    """Your answer is right until a picture is judged very wrongly: you hold probabilities at 1e-7 or above, so no
    mistake costs more than about 16, and beyond that the slope is 0. Your discriminator cannot learn from its worst
    mistakes then. From the scores themselves the loss needs no such help: `np.logaddexp`.
    """
    reals, fakes = (0.5 + 0.5 * np.tanh(scores / 2) for scores in (real_scores, -fake_scores))
    return -np.log(np.maximum(reals, 1e-7)).mean() - np.log(np.maximum(fakes, 1e-7)).mean()


def clips_both_scores(real_scores, fake_scores):
    """Your answer is right until a score lies beyond ±500: you hold the scores between, so no mistake costs more than
    500, and beyond that the slope is 0. A score of 1000 on the wrong side should cost 1000. `np.logaddexp(0, …)`
    needs no such help.
    """
    reals, fakes = (np.clip(scores, -500, 500) for scores in (real_scores, fake_scores))
    return np.logaddexp(0, -reals).mean() + np.logaddexp(0, fakes).mean()


def _two_kinds_of_scores():
    # Numbers of reals and fakes differ, but for one input. Very large scores in one input only, as above.
    rng = np.random.default_rng(62)
    return [
        (np.array([1.5, -0.5, 2.0]), np.array([-1.0, 0.5])),
        (np.array([-1000.0, 1000.0]), np.array([1000.0, -1000.0, 0.0, 2.0])),
        (np.array([-2.0]), np.array([3.0])),
        (rng.normal(2, 2, 7).round(1).astype(np.float32), rng.normal(-1, 2, 5).round(1).astype(np.float32)),
        (rng.normal(0, 3, 40).round(1), rng.normal(0, 3, 60).round(1)),
        (np.array([2, -3, 0, 1, 4]), np.array([-2, 3, 1])),
    ]


discriminator_loss = Exercise(
    "gan.discriminator_loss",
    my_discriminator_loss,
    right=[two_means, cross_entropies, picture_after_picture, weighted_by_kind],
    wrong=[
        squashes_twice,
        probabilities_without_sigmoid,
        kinds_exchanged,
        calls_fakes_real,
        calls_reals_fake,
        reals_only,
        fakes_only,
        one_mean_over_all,
        half_of_it,
        sums_for_means,
        subtracts_the_fakes,
        maximises,
        difference_of_scores,
        share_of_mistakes,
        logarithms_of_means,
        without_logarithms,
        real_with_fake,
        smooths_the_labels,
        in_bits_too,
        overflows_at_1000,
        infinite_over_infinite,
        clips_probabilities,
        clips_both_scores,
    ],
    cases=_two_kinds_of_scores,
    situation="on {real_scores} real and {fake_scores} fake scores",
    hints=[
        "Take the reals first: −log(1 / (1 + e^−score)) is log(1 + e^−score), which NumPy has as "
        "`np.logaddexp(0, -real_scores)`. And the fakes: what is 1 − sigmoid(score)?",
        "It is sigmoid(−score), the curve seen from the other side. So in the fakes' loss the score keeps its sign.",
        "`np.logaddexp(0, -real_scores)` and `np.logaddexp(0, fake_scores)`: the mean of each, added up.",
    ],
    insight="One that only guesses pays 2 log 2 = 1.386. A loss that stays there is no sign of failure: it may be that "
    "the fakes have become hard to tell.",
)


# --- take_turns ------------------------------------------------------------------------------------------


class Game:
    """A GAN of two tiny players. The painter's fakes are `latents * painter`, the judge's scores `points @ judge`.

    Both methods tell how one player's loss rises with the weights of *both*, as frameworks do: who moves is yours to
    say. `painter` and `judge` are weights (d,); real points and latents (n, d).
    """

    def judging(self, painter, judge, real, latents):
        """The slopes of the judge's loss: by the painter's weights, and by the judge's; two arrays (d,)."""
        painter, judge = _two_weights(painter, judge)
        latents, real = _points(latents, "latents", painter), _points(real, "real", painter)
        fakes = latents * painter
        missed = -_sigmoid(-(real @ judge)) / len(real)
        believed = _sigmoid(fakes @ judge) / len(fakes)
        return believed @ latents * judge, missed @ real + believed @ fakes

    def painting(self, painter, judge, latents):
        """The slopes of the painter's loss: by the painter's weights, and by the judge's; two arrays (d,)."""
        painter, judge = _two_weights(painter, judge)
        latents = _points(latents, "latents", painter)
        fakes = latents * painter
        spotted = -_sigmoid(-(fakes @ judge)) / len(fakes)
        return spotted @ latents * judge, spotted @ fakes

    def __repr__(self) -> str:
        return "the game"


def _two_weights(painter, judge) -> tuple[np.ndarray, np.ndarray]:
    if np.ndim(painter) != 1 or np.shape(painter) != np.shape(judge):
        found = f"{np.shape(painter)} and {np.shape(judge)}"
        raise ValueError(f"painter and judge should be weights (d,), here they are {found}")
    return np.asarray(painter, dtype=float), np.asarray(judge, dtype=float)


def _points(points, name: str, painter) -> np.ndarray:
    if np.ndim(points) != 2 or np.shape(points)[1] != len(painter):
        raise ValueError(f"{name} should be an array (n, {len(painter)}), here it is {np.shape(points)}")
    return np.asarray(points, dtype=float)


def _sigmoid(values):
    return 0.5 + 0.5 * np.tanh(values / 2)


game = Game()
"""What the check hands to your round, for trying it out."""


def my_round(painter, judge, real, latents, game):
    """One round: a step of the judge, then one of the painter, who meets the new judge.

    `painter` and `judge` (d,) are the players' weights; they and all else given stay unchanged.
    Both losses have slopes by the weights of both players:
        by_painter, by_judge = game.judging(painter, judge, real, latents[0])  # judge's loss
        by_painter, by_judge = game.painting(painter, judge, latents[1])  # painter's loss
    `real` (n, d), `latents` (2, n, d): the first for the judge's step, the second for the
    painter's. A step makes a player's own loss smaller: its weights − 0.1 · slope.
    Return both: `np.array([painter, judge])`.
    """
    raise NotImplementedError


def judge_then_painter(painter, judge, real, latents, game):
    """Of each pair of slopes one is used. The painter's step asks the judge as it is by now."""
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge - 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[1])
    painter = painter - 0.1 * by_painter
    return np.array([painter, judge])


def under_new_names(painter, judge, real, latents, game):
    """Old and new players under names of their own; then nobody can be mistaken for another."""
    new_judge = judge - 0.1 * game.judging(painter, judge, real, latents[0])[1]
    new_painter = painter - 0.1 * game.painting(painter, new_judge, latents[1])[0]
    return np.stack([new_painter, new_judge])


def on_one_array(painter, judge, real, latents, game):
    """Both players as rows of a new array; each step moves its own row."""
    players = np.array([painter, judge], dtype=float)
    players[1] -= game.judging(*players, real, latents[0])[1] / 10
    players[0] -= game.painting(*players, latents[1])[0] / 10
    return players


def on_copies(painter, judge, real, latents, game):
    """Steps in place, on copies."""
    painter, judge = painter.astype(float), judge.astype(float)
    judge -= 0.1 * game.judging(painter, judge, real, latents[0])[1]
    painter -= 0.1 * game.painting(painter, judge, latents[1])[0]
    return np.array([painter, judge])


def painter_moves_the_judge(painter, judge, real, latents, game):
    """In your answer the judge moved while the painter painted: the painter's step moves its weights too, downhill on
    the painter's loss. That teaches the judge to believe in fakes, which is easier than to paint well. In the
    painter's step only `by_painter` is used.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge - 0.1 * by_judge
    by_painter, by_judge = game.painting(painter, judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge - 0.1 * by_judge])


def judge_moves_the_painter(painter, judge, real, latents, game):
    """In your answer the painter moves in the judge's step too, downhill on the judge's loss: it learns to be spotted
    more easily. In the judge's step only `by_judge` is used.
    """
    by_painter, by_judge = game.judging(painter, judge, real, latents[0])
    painter, judge = painter - 0.1 * by_painter, judge - 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge])


def both_move_twice(painter, judge, real, latents, game):
    """In your answer both players move in both steps, so each is pushed in its opponent's interest as well: the painter
    learns to be spotted, the judge to be fooled. Of each pair of slopes only one is used, that of the player whose turn
    it is.
    """
    by_painter, by_judge = game.judging(painter, judge, real, latents[0])
    painter, judge = painter - 0.1 * by_painter, judge - 0.1 * by_judge
    by_painter, by_judge = game.painting(painter, judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge - 0.1 * by_judge])


def asks_the_old_judge(painter, judge, real, latents, game):
    """In your answer the painter asks the judge of before the round. Both steps start from the old players, and what
    the judge has just learned is not heard. Put the judge's new weights in place first, then ask for the painter's
    slopes.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge - 0.1 * by_judge])


def painter_begins(painter, judge, real, latents, game):
    """In your answer the painter goes first, and the judge then learns from the new painter's fakes. One might play so;
    here the judge begins, with fakes of the painter as it came, and the painter answers.
    """
    by_painter, _ = game.painting(painter, judge, latents[1])
    painter = painter - 0.1 * by_painter
    _, by_judge = game.judging(painter, judge, real, latents[0])
    return np.array([painter, judge - 0.1 * by_judge])


def same_latents_twice(painter, judge, real, latents, game):
    """Your painter's step uses `latents[0]`, which the judge has just learned on. Those fakes are the ones it knows
    best; the painter should hear of new ones, `latents[1]`.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge - 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[0])
    return np.array([painter - 0.1 * by_painter, judge])


def second_latents_twice(painter, judge, real, latents, game):
    """Your judge's step uses `latents[1]`, the same as the painter's. The first of the two, `latents[0]`, is for the
    judge, so that the painter comes with fakes that the judge has not learned on.
    """
    _, by_judge = game.judging(painter, judge, real, latents[1])
    judge = judge - 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge])


def latents_exchanged(painter, judge, real, latents, game):
    """Your latents are exchanged: `latents[0]` is for the judge's step, `latents[1]` for the painter's."""
    _, by_judge = game.judging(painter, judge, real, latents[1])
    judge = judge - 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[0])
    return np.array([painter - 0.1 * by_painter, judge])


def both_climb(painter, judge, real, latents, game):
    """Your players step uphill: with `+` both losses grow. A slope points to where the loss rises, so each player goes
    against its own: `- 0.1 * slope`.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge + 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([painter + 0.1 * by_painter, judge])


def painter_climbs(painter, judge, real, latents, game):
    """Your painter steps uphill on its own loss, and paints worse. The two are opponents, but that is in their losses
    already: each goes down its own, with a minus.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge - 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([painter + 0.1 * by_painter, judge])


def judge_climbs(painter, judge, real, latents, game):
    """Your judge steps uphill on its own loss, and judges worse. The two are opponents, but that is in their losses
    already: each goes down its own, with a minus.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge + 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge])


def painter_climbs_the_judges_loss(painter, judge, real, latents, game):
    """Your painter steps uphill on the judge's loss. That was the first idea of 2014, and it saturates: fakes that are
    spotted surely get almost no slope. The painter has a loss of its own, `game.painting`; go down that.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge - 0.1 * by_judge
    by_painter, _ = game.judging(painter, judge, real, latents[1])
    return np.array([painter + 0.1 * by_painter, judge])


def painter_descends_the_judges_loss(painter, judge, real, latents, game):
    """Your painter goes down the judge's loss, as its helper: it learns to be spotted. The painter has a loss of its
    own, `game.painting`; go down that.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge - 0.1 * by_judge
    by_painter, _ = game.judging(painter, judge, real, latents[1])
    return np.array([painter - 0.1 * by_painter, judge])


def one_loss_for_both(painter, judge, real, latents, game):
    """Your answer asks once, for the slopes of the judge's loss, and moves both players down it: as if they were one
    network with one goal. So the painter learns to be spotted. It has a loss of its own, `game.painting`, to be asked
    after the judge has moved.
    """
    by_painter, by_judge = game.judging(painter, judge, real, latents[0])
    return np.array([painter - 0.1 * by_painter, judge - 0.1 * by_judge])


def judge_stands_still(painter, judge, real, latents, game):
    """In your answer the judge never moves. Frozen once and never thawed, it is dead: the painter learns to please the
    judge of the first day. The judge's step comes first, down `by_judge` of `game.judging`, and its new weights are
    returned.
    """
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge])


def judge_is_put_back(painter, judge, real, latents, game):
    """In your answer the painter's step is right, and then the judge of before the round is returned: what it learned
    is lost at once. Return its new weights.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    by_painter, _ = game.painting(painter, judge - 0.1 * by_judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge])


def painter_stands_still(painter, judge, real, latents, game):
    """In your answer the painter never moves: only the judge learns. A round has two steps, and the second is the
    painter's, down `by_painter` of `game.painting`.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    return np.array([painter, judge - 0.1 * by_judge])


def slopes_exchanged(painter, judge, real, latents, game):
    """Your slopes are exchanged: the judge moves by the painter's and the painter by the judge's. Both methods return
    the slope by the *painter's* weights first: `by_painter, by_judge = …`.
    """
    by_judge, _ = game.judging(painter, judge, real, latents[0])
    judge = judge - 0.1 * by_judge
    _, by_painter = game.painting(painter, judge, latents[1])
    return np.array([painter - 0.1 * by_painter, judge])


def judge_is_returned_first(painter, judge, real, latents, game):
    """Your two players are right, and they stand in the wrong order: the painter comes first, `np.array([painter,
    judge])`.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge - 0.1 * by_judge
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([judge, painter - 0.1 * by_painter])


def whole_slopes(painter, judge, real, latents, game):
    """Your steps are ten times as long as they should be: weights − slope. With whole slopes two opponents soon jump
    over each other; take a tenth, `0.1 * slope`.
    """
    _, by_judge = game.judging(painter, judge, real, latents[0])
    judge = judge - by_judge
    by_painter, _ = game.painting(painter, judge, latents[1])
    return np.array([painter - by_painter, judge])


def steps_alone(painter, judge, real, latents, game):
    """Your answer returns the steps, not where they lead: `-0.1 * slope` alone. Add them to the weights."""
    _, by_judge = game.judging(painter, judge, real, latents[0])
    by_painter, _ = game.painting(painter, judge - 0.1 * by_judge, latents[1])
    return np.array([-0.1 * by_painter, -0.1 * by_judge])


def steps_in_place(painter, judge, real, latents, game):
    """Your answer says `judge -= …` or `painter -= …`, which writes into the array it was given. Whole numbers have no
    room for fractions, so NumPy refuses there; and where there is room, whoever passed the players finds others
    afterwards. `judge = judge - …` makes a new one.
    """
    judge -= 0.1 * game.judging(painter, judge, real, latents[0])[1]
    painter -= 0.1 * game.painting(painter, judge, latents[1])[0]
    return np.array([painter, judge])


def _players(rng, n, d):
    """Players whose weights are far from 0, so that each slope can be told from the others."""
    painter, judge = (rng.uniform(0.8, 2, d) * rng.choice([-1, 1], d) for _ in range(2))
    real, latents = rng.normal(1, 1, (n, d)), rng.normal(0, 2, (2, n, d))
    return tuple(array.round(1) for array in (painter, judge, real, latents))


def _rounds():
    rng = np.random.default_rng(63)
    points = _players(rng, 5, 3)[2:]
    return [
        (*_players(rng, 2, 2), game),
        (*_players(rng, 3, 1), game),
        (*(array.astype(np.float32) for array in _players(rng, 4, 3)), game),
        (np.array([1, -2, 1]), np.array([-1, -1, 2]), *points, game),
        (*_players(rng, 8, 6), game),
    ]


take_turns = Exercise(
    "gan.take_turns",
    my_round,
    right=[judge_then_painter, under_new_names, on_one_array, on_copies],
    wrong=[
        painter_moves_the_judge,
        judge_moves_the_painter,
        both_move_twice,
        asks_the_old_judge,
        painter_begins,
        same_latents_twice,
        second_latents_twice,
        latents_exchanged,
        both_climb,
        painter_climbs,
        judge_climbs,
        painter_climbs_the_judges_loss,
        painter_descends_the_judges_loss,
        one_loss_for_both,
        judge_stands_still,
        judge_is_put_back,
        painter_stands_still,
        slopes_exchanged,
        judge_is_returned_first,
        whole_slopes,
        steps_alone,
        steps_in_place,
    ],
    cases=_rounds,
    situation="on {real} real points",
    hints=[
        "Four slopes are on offer, two from each method. Whose turn is it first, and which one of the two slopes of "
        "its loss may be used?",
        "The judge's: `judge = judge - 0.1 * by_judge`, from `game.judging`. Then ask `game.painting`: which judge "
        "should the painter meet?",
        "The new one: `by_painter, _ = game.painting(painter, judge, latents[1])`, after the line that moved the "
        "judge. The painter goes down `by_painter`; the other slope is thrown away.",
    ],
    insight="Who stands still is said anew at every step. A judge that moves while the painter paints learns to be "
    "fooled; one that is frozen for good is dead.",
)


# --- find_the_copyist ------------------------------------------------------------------------------------


def my_copyist(pictures, train, held_out):
    """The number of the generator that copies training digits, from 0 on; -1 if none does.

    A picture's distance is that to its *nearest* training digit; between two images it is
    `np.sqrt(((one - other) ** 2).sum())`. A generator copies if the mean distance of its
    pictures is below half of the mean distance of the held-out digits. At most one does.
    `pictures` (generators, n, h, w, 1); `train` (m, h, w, 1) and `held_out` (k, h, w, 1) are
    real digits, and no generator has seen the held-out ones.
    """
    raise NotImplementedError


def all_pairs_at_once(pictures, train, held_out):
    """All distances in one table for each set; the smallest of each row, and their mean."""

    def mean_distance(images):
        squares = (images[:, None] - train[None]) ** 2
        return np.sqrt(squares.sum(axis=(2, 3, 4))).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * mean_distance(held_out) else -1


def picture_by_picture(pictures, train, held_out):
    """One picture after the other, and one training digit after the other."""

    def mean_distance(images):
        total = 0
        for image in images:
            total += min(np.sqrt(((image - digit) ** 2).sum()) for digit in train)
        return total / len(images)

    limit = mean_distance(held_out) / 2
    for g, images in enumerate(pictures):
        if mean_distance(images) < limit:
            return g
    return -1


def squares_spelled_out(pictures, train, held_out):
    """|a − b|² is |a|² − 2 a·b + |b|²: one matrix product instead of a large table of differences."""
    digits = train.reshape(len(train), -1).astype(float)

    def mean_distance(images):
        rows = images.reshape(len(images), -1).astype(float)
        squares = (rows**2).sum(axis=1)[:, None] - 2 * rows @ digits.T + (digits**2).sum(axis=1)
        return np.sqrt(np.maximum(squares, 0).min(axis=1)).mean()

    ratios = np.array([mean_distance(images) for images in pictures]) / mean_distance(held_out)
    return int(ratios.argmin()) if ratios.min() < 0.5 else -1


def by_norms(pictures, train, held_out):
    """`np.linalg.norm` is the same distance; `np.where` finds who is below the limit."""

    def mean_distance(images):
        flat = [(train - image).reshape(len(train), -1) for image in images]
        return np.linalg.norm(flat, axis=2).min(axis=1).mean()

    limit = mean_distance(held_out) / 2
    copies = np.where([mean_distance(images) < limit for images in pictures])[0]
    return copies[0] if len(copies) else -1


def the_sharpest(pictures, train, held_out):
    """Your answer is the generator with the sharpest pictures, those with most contrast. Sharp is not new, and it is
    not copied either. A copy may be blurred, and a new digit may have hard edges. Only the distance to the nearest
    training digit tells.
    """
    return np.argmax([images.std(axis=(1, 2, 3)).mean() for images in pictures])


def near_to_held_out(pictures, train, held_out):
    """Your answer is the generator whose pictures are nearest to held-out digits. It cannot have copied those: it has
    never seen them. Measure the distance to the nearest *training* digit; that of held-out digits is only the ruler.
    """
    means = []
    for images in pictures:
        squares = (images[:, None] - held_out[None]) ** 2
        means.append(np.sqrt(squares.sum(axis=(2, 3, 4))).min(axis=1).mean())
    return np.argmin(means)


def as_bright_as_training(pictures, train, held_out):
    """Your answer is the generator whose pictures have, on average, most nearly the ink of training digits. A new 3
    takes as much ink as a copied one. Compare pixel by pixel, each picture with each training digit.
    """
    return np.argmin([abs(images.mean() - train.mean()) for images in pictures])


def near_to_the_mean_digit(pictures, train, held_out):
    """Your answer is the generator whose pictures are nearest to the middle of the training set: to the mean digit, or
    to all digits on average, which comes to the same. Nobody wrote that digit, and who stays close to it is blurred,
    no copyist: a copy of one digit is as far from all the others as any digit. Of each picture's distances take the
    smallest.
    """
    ghost = train.mean(axis=0)
    return np.argmin([np.sqrt(((images - ghost) ** 2).sum(axis=(1, 2, 3))).mean() for images in pictures])


def all_alike(pictures, train, held_out):
    """Your answer is the generator whose pictures are most alike. That is collapse, another illness: one new digit,
    drawn over and over, is copied from nobody. Compare with training digits, not among its own.
    """
    return np.argmin([images.std(axis=0).mean() for images in pictures])


def lost_among_all(pictures, train, held_out):
    """Your answer is always −1: nobody copies. The mean distance to *all* training digits leads there: a copy resembles
    only one of them, and is as far from the others as held-out digits are. Take each picture's distance to its
    *nearest* training digit.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * mean_distance(held_out) else -1


def equal_in_every_pixel(pictures, train, held_out):
    """Your answer seeks a picture that is equal to a training digit in every pixel. A copyist whose hand shakes a
    little escapes, and a single equal picture may be chance. Take the distance to the nearest training digit, and its
    mean over all pictures of a generator.
    """
    for g, images in enumerate(pictures):
        if (images[:, None] == train[None]).all(axis=(2, 3, 4)).any():
            return g
    return -1


def one_near_picture_is_enough(pictures, train, held_out):
    """Your answer lets a single picture decide, the one that is nearest to a training digit. Among many pictures one
    comes close by luck; a copyist is close with most. Take the mean over its pictures.
    """

    def distances(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1)

    nearest = [distances(images).min() for images in pictures]
    return np.argmin(nearest) if min(nearest) < 0.5 * distances(held_out).mean() else -1


def the_worst_picture_decides(pictures, train, held_out):
    """Your answer lets a single picture decide, the one that is farthest from training digits. A copyist that now and
    then draws something new escapes. Take the mean over its pictures.
    """

    def distances(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1)

    farthest = [distances(images).max() for images in pictures]
    return np.argmin(farthest) if min(farthest) < 0.5 * distances(held_out).mean() else -1


def the_farthest(pictures, train, held_out):
    """Your answer is the generator that is *farthest* from the training digits: the least likely copyist. The smallest
    distance is wanted: `argmin`, or `<` in a comparison.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    return np.argmax([mean_distance(images) for images in pictures])


def always_accuses_one(pictures, train, held_out):
    """Your answer always accuses somebody: the generator that is nearest to training digits. One is always nearest, and
    near is not copied. Compare its mean distance with that of held-out digits, which nobody copied; if it is not
    below half of it, return -1.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    return np.argmin([mean_distance(images) for images in pictures])


def nearer_is_enough(pictures, train, held_out):
    """Your answer accuses a generator that is nearer to training digits than held-out digits are, but not by half.
    Chance alone brings some honest generators a little nearer. Below *half* is the limit here: `< 0.5 * …`.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < mean_distance(held_out) else -1


def adds_distances_up(pictures, train, held_out):
    """Your answer compares sums of distances, and there are more held-out digits than pictures, or fewer. A sum grows
    with their number, which says nothing about copying. Compare means.
    """

    def all_distances(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).sum()

    distances = [all_distances(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * all_distances(held_out) else -1


def forgets_the_root(pictures, train, held_out):
    """Your answer compares squared distances: the root is missing, or your limit is another than a half. Half of a
    distance is a quarter of its square, so with squares `0.5` accuses who is nearer than 0.7 times the ruler. Take
    `np.sqrt` of each before the mean, and 0.5 for the limit.
    """

    def mean_distance(images):
        return ((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4)).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * mean_distance(held_out) else -1


def without_a_ruler(pictures, train, held_out):
    """Your answer takes 0.5 itself for the limit, and never looks at `held_out`. Whether a distance of 0.5 is near
    depends on how large the images are and how much digits differ. Held-out digits tell: half of *their* mean
    distance is the limit.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 else -1


def asks_from_the_training_side(pictures, train, held_out):
    """Your answer looks from the wrong side: for each training digit it seeks the nearest picture. A copyist that has
    only copied some of them is far from the others, and escapes. For each *picture* seek the nearest training digit:
    the smallest along the training digits.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=0).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * mean_distance(held_out) else -1


def differences_cancel(pictures, train, held_out):
    """In your answer differences cancel: what is too dark here and too light there adds up to nothing, so images with
    equal amounts of ink are “equal”. Square each difference first, then sum, then take the root.
    """

    def mean_distance(images):
        return np.abs((images[:, None] - train[None]).sum(axis=(2, 3, 4))).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * mean_distance(held_out) else -1


def picture_with_digit(pictures, train, held_out):
    """Your answer compares picture 0 with training digit 0, picture 1 with digit 1, and so on. With other numbers of
    them that raises an error; and their order means nothing, since a copy may have its model anywhere. Each picture
    must meet every training digit, `images[:, None] - train[None]`, or two loops.
    """

    def mean_distance(images):
        return np.sqrt(((images - train) ** 2).sum(axis=(1, 2, 3))).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * mean_distance(held_out) else -1


def counts_from_one(pictures, train, held_out):
    """Your answer counts generators from 1. You have found the right one; Python counts from 0, so the first generator
    is `pictures[0]`.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest + 1 if distances[nearest] < 0.5 * mean_distance(held_out) else -1


def nobody_is_zero(pictures, train, held_out):
    """Your answer is 0 where nobody copies, but 0 is the first generator, and innocent. You find copyists well; return
    -1 when there is none.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * mean_distance(held_out) else 0


def nobody_is_none(pictures, train, held_out):
    """Your answer returns None where nobody copies: at the end of your function a line is missing, or `-1` in it. You
    find copyists well; `return -1` when there is none.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    for g, images in enumerate(pictures):
        if mean_distance(images) < 0.5 * mean_distance(held_out):
            return g


def list_of_copyists(pictures, train, held_out):
    """Your answer is a list of all that copy, and they are the right ones. At most one does, so one number is asked
    for: the first of the list, or -1 if it is empty.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    copies = [mean_distance(images) < 0.5 * mean_distance(held_out) for images in pictures]
    return np.where(copies)[0]


def yes_or_no_for_each(pictures, train, held_out):
    """Your answer says of each generator whether it copies, and is right about it. At most one does, so one number is
    asked for: its place, or -1 if there is none.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    return np.array([mean_distance(images) < 0.5 * mean_distance(held_out) for images in pictures])


def returns_ratios(pictures, train, held_out):
    """Your answer returns how near each generator is, beside held-out digits: well measured. What is missing is the
    verdict, one number: the place of the smallest, `np.argmin(…)`, if it is below 0.5, and else -1.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    return np.array([mean_distance(images) for images in pictures]) / mean_distance(held_out)


def returns_distances(pictures, train, held_out):
    """Your answer returns the mean distance of each generator: well measured. What is missing is the verdict, one
    number: the place of the smallest, `np.argmin(…)`, if it is below half of the held-out digits' mean, and else -1.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    return np.array([mean_distance(images) for images in pictures])


def returns_the_smallest_ratio(pictures, train, held_out):
    """Your answer returns how near the nearest generator is, not which one it is. `argmin` instead of `min` tells its
    place; return that if the ratio is below 0.5, and else -1.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    return min(mean_distance(images) for images in pictures) / mean_distance(held_out)


def limit_above_a_half(pictures, train, held_out):
    """Your answer accuses a generator whose distance is a little more than half of that of held-out digits: your limit
    is another than a half. A limit may be chosen, but before one looks, and then it stays; here it is `0.5 * …`.
    """

    def mean_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.6 * mean_distance(held_out) else -1


def most_pictures_decide(pictures, train, held_out):
    """Your answer lets most pictures decide: it takes the median, or counts how many are near. Then the others have no
    say, however far they are: of seven pictures four copied ones would do. Here the *mean* over all pictures is asked
    for.
    """

    def middle_distance(images):
        return np.median(np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1))

    distances = [middle_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * middle_distance(held_out) else -1


def root_of_the_mean_square(pictures, train, held_out):
    """Your answer takes the mean of squared distances and the root of that. There one picture that lies far off weighs
    more than five that are copied, and a copyist escapes. First the root of each, then the mean.
    """

    def typical_distance(images):
        return np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4)).min(axis=1).mean())

    distances = [typical_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * typical_distance(held_out) else -1


def adds_differences(pictures, train, held_out):
    """Your answer adds up the differences of the pixels as they are, without squares. That is a distance too, but not
    the one that is asked for: in yours three pixels that are quite wrong count less than many that are a little so.
    Square each difference first, then sum, then take the root.
    """

    def mean_distance(images):
        return np.abs(images[:, None] - train[None]).sum(axis=(2, 3, 4)).min(axis=1).mean()

    distances = [mean_distance(images) for images in pictures]
    nearest = np.argmin(distances)
    return nearest if distances[nearest] < 0.5 * mean_distance(held_out) else -1


def each_its_own_ruler(pictures, train, held_out):
    """Your answer measures each generator with a ruler of its own, the distance of its pictures to held-out digits. Who
    paints what no hand would write is far from those, and seems near to training digits. One ruler is for all: the
    mean distance of *held-out digits* to their nearest training digits.
    """

    def mean_distance(images, digits):
        return np.sqrt(((images[:, None] - digits[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()

    ratios = [mean_distance(images, train) / mean_distance(images, held_out) for images in pictures]
    return np.argmin(ratios) if min(ratios) < 0.5 else -1


class _Writers:
    """Made-up digits of three classes, and generators of many kinds that have seen some of them."""

    def __init__(self, seed, height, width, pictures=6, train=9, held_out=7, spread=0.15):
        self.rng, self.shape = np.random.default_rng(seed), (height, width, 1)
        self.count, self.spread = pictures, spread
        self.templates = self.rng.uniform(0.1, 0.9, (3, *self.shape))
        self.train, self.held_out = self._new(train), self._new(held_out)

    def _noise(self, images, size):
        return np.clip(images + self.rng.normal(0, size, images.shape), 0, 1)

    def _new(self, count):
        return self._noise(self.templates[np.arange(count) % 3], self.spread)

    def _of(self, digits, shake):
        return self._noise(digits[self.rng.permutation(len(digits))[: self.count]], shake)

    def copies(self):
        return self._of(self.train, 0.35 * self.spread)

    def copies_two(self):
        return self._noise(self.train[np.arange(self.count) % 2], 0.02)

    def copies_closely(self):
        """All but one are copies, hardly changed."""
        images = self._of(self.train, 0.1 * self.spread)
        images[-1] = self._new(1)[0]
        return images

    def shakes(self):
        """Near, but not below half: about 0.6 of the held-out digits' distance."""
        return self._of(self.train, 0.7 * self.spread)

    def nearly_copies(self):
        """Between 0.55 and 0.6 of the held-out digits' distance."""
        return self._of(self.train, 0.65 * self.spread)

    def mostly_copies(self):
        """All but three are exact copies; those three are far from anything."""
        images = self._of(self.train, 0)
        images[-3:] = self.rng.uniform(0, 1, images[-3:].shape)
        return images

    def inverts_one(self):
        """All are copied closely, and in one of them ink and paper are exchanged."""
        images = self._of(self.train, 0.05 * self.spread)
        images[-1] = 1 - images[-1]
        return images

    def inverts_three_pixels(self):
        """Exact copies, but for the three most decided pixels of each."""
        images = self._of(self.train, 0)
        for image in images.reshape(len(images), -1):
            decided = np.argsort(np.abs(image - 0.5))[-3:]
            image[decided] = 1 - image[decided]
        return images

    def fresh(self):
        return self._new(self.count)

    def sharp(self):
        return np.clip(2 * self._new(self.count) - 0.5, 0, 1)

    def leaked(self):
        return self._of(self.held_out, 0.02)

    def collapsed(self):
        return self._noise(np.repeat(self._new(1), self.count, axis=0), 0.01)

    def ghosts(self):
        return self._noise(np.repeat(self.train.mean(axis=0)[None], self.count, axis=0), 0.04)

    def inked(self):
        """New digits with just the ink of training digits."""
        images = self._new(self.count)
        return images + self.train.mean() - images.mean()

    def lucky(self):
        images = self._new(self.count)
        images[1] = self.train[3]
        return images

    def inverted(self):
        return 1 - self._new(self.count)

    def case(self, *kinds, dtype=float):
        pictures = np.stack([getattr(self, kind)() for kind in kinds])
        return tuple(array.astype(dtype) for array in (pictures, self.train, self.held_out))


def _generators():
    # As many pictures as digits in the first input: who compares them one by one gets no error there.
    return [
        _Writers(1, 4, 3, pictures=6, train=6, held_out=6).case("sharp", "copies", "collapsed", "ghosts"),
        _Writers(2, 5, 4).case("copies_closely", "leaked", "ghosts", "sharp", "lucky", "inverted"),
        _Writers(3, 6, 6, held_out=14).case("lucky", "fresh", "inverted"),
        _Writers(4, 8, 8, pictures=7).case("inked", "fresh", "sharp", "copies_two", dtype=np.float32),
        _Writers(5, 4, 6, pictures=4).case("fresh", "inked", "leaked", "inverted", "shakes"),
        _Writers(6, 3, 3, spread=0.05).case("fresh", "inverted", "collapsed", "ghosts"),
        _Writers(7, 8, 8, pictures=16, train=20, spread=0.3).case("inverted", "sharp", "copies", "collapsed"),
        _Writers(8, 6, 5).case("nearly_copies", "ghosts", "collapsed"),
        _Writers(11, 4, 3, pictures=7, train=15, held_out=3).case("mostly_copies", "collapsed", "ghosts"),
        _Writers(14, 6, 5).case("inverts_one", "ghosts", "collapsed", "sharp"),
        _Writers(12, 8, 8, spread=0.2).case("inverts_three_pixels", "collapsed", "ghosts"),
    ]


find_the_copyist = Exercise(
    "gan.find_the_copyist",
    my_copyist,
    right=[all_pairs_at_once, picture_by_picture, squares_spelled_out, by_norms],
    wrong=[
        the_sharpest,
        near_to_held_out,
        as_bright_as_training,
        near_to_the_mean_digit,
        all_alike,
        lost_among_all,
        equal_in_every_pixel,
        one_near_picture_is_enough,
        the_worst_picture_decides,
        the_farthest,
        always_accuses_one,
        nearer_is_enough,
        adds_distances_up,
        limit_above_a_half,
        forgets_the_root,
        root_of_the_mean_square,
        adds_differences,
        most_pictures_decide,
        each_its_own_ruler,
        without_a_ruler,
        asks_from_the_training_side,
        differences_cancel,
        picture_with_digit,
        counts_from_one,
        nobody_is_zero,
        nobody_is_none,
        list_of_copyists,
        yes_or_no_for_each,
        returns_ratios,
        returns_distances,
        returns_the_smallest_ratio,
    ],
    cases=_generators,
    situation="with {train} training digits, {held_out} held-out digits and {pictures} pictures",
    hints=[
        "A copy lies close to one training digit, and may be far from all others. Which number tells that of one "
        "picture?",
        "Its smallest distance to a training digit. Write a function that returns the mean of that for any set of "
        "images, and call it for each generator and for `held_out`.",
        "`np.sqrt(((images[:, None] - train[None]) ** 2).sum(axis=(2, 3, 4))).min(axis=1).mean()` is that mean. The "
        "copyist's is below half of that of `held_out`; if nobody's is, return -1.",
    ],
    insight="Near is not copied: only digits that nobody could have copied tell how near is too near.",
)
