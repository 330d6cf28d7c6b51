"""Exercises of lesson 05, Ensemble averaging."""

import numpy as np

from course_utils.exercises.engine import Exercise

__all__ = ["mean_of_logits", "mean_opinion", "temperature", "vote"]


# --- mean_opinion ----------------------------------------------------------------------------------------


def my_mean(probabilities, weights):
    """The weighted mean of the members' opinions: (n, classes), with rows that sum to one.

    `probabilities` (members, n, classes): each member's row for each digit sums to one.
    `weights` (members,) say how much each member counts. None is negative, and their sum may be
    any number above 0.
    """
    raise NotImplementedError


def shares_of_the_weights(probabilities, weights):
    """Divide the weights by their sum; then each member's opinion counts with its share."""
    shares = weights / weights.sum()
    return (shares[:, None, None] * probabilities).sum(axis=0)


def by_numpy_average(probabilities, weights):
    """NumPy's own weighted mean, along the members."""
    return np.average(probabilities, axis=0, weights=weights)


def member_after_member(probabilities, weights):
    """Add one member after the other, and divide at the end."""
    total = np.zeros(probabilities.shape[1:], dtype=np.float32)
    for opinion, weight in zip(probabilities, weights, strict=True):
        total += weight * opinion
    return total / sum(weights)


def rows_back_to_one(probabilities, weights):
    """Add the weighted opinions up, then divide each row by its own sum: that is the sum of the weights."""
    total = np.einsum("m,mnc->nc", weights, probabilities)
    return total / total.sum(axis=1, keepdims=True)


def forgets_to_divide(probabilities, weights):
    """Your rows do not sum to one but to the sum of the weights: with weights 0.6, 0.8 and 1.0 they add to 2.4, and so
    does every “probability” row. Only the weights' proportions matter; divide by their sum, `weights.sum()`.
    """
    return (weights[:, None, None] * probabilities).sum(axis=0)


def divides_by_the_members(probabilities, weights):
    """Your answer multiplies by the weights and then divides by the number of members. Rows sum to one only if the
    weights happen to sum to that number. Divide by what was given out: `weights.sum()`.
    """
    return (weights[:, None, None] * probabilities).mean(axis=0)


def ignores_the_weights(probabilities, weights):
    """Your answer is the plain mean: it never looks at `weights`, and all members count alike. Multiply each opinion by
    its weight before you add, and divide by the sum of the weights instead of the number of members.
    """
    return probabilities.mean(axis=0)


def softmax_of_the_weights(probabilities, weights):
    """Your answer sends the weights through a softmax. They sum to one afterwards, but their proportions are others: a
    weight twice as large should count twice as much, and a weight of 0 not at all. Divide by the sum.
    """
    powers = np.exp(weights - weights.max())
    return np.average(probabilities, axis=0, weights=powers)


def strongest_member_only(probabilities, weights):
    """Your answer is the opinion of the member with the largest weight; the others are not heard. A weight says how
    much a member counts, not whether: add all opinions, each times its weight.
    """
    return probabilities[np.argmax(weights)]


def halfway_between_labels(probabilities, weights):
    """Your answer averages labels and then believes in the result. Half-way between 3 and 9 is not 6: nobody said 6.
    A label is a name, not an amount. Average the probabilities, class by class; then 3 and 9 share what there is.
    """
    labels = np.average(probabilities.argmax(axis=2), axis=0, weights=weights)
    return np.eye(probabilities.shape[2])[np.round(labels).astype(int)]


def mean_label(probabilities, weights):
    """Your answer is a mean of labels, one number for each digit. Half-way between 3 and 9 is not 6: nobody said 6. A
    label is a name, not an amount. Average the probabilities, class by class, and keep all classes.
    """
    return np.average(probabilities.argmax(axis=2), axis=0, weights=weights)


def counts_votes(probabilities, weights):
    """Your answer counts votes: each member puts its whole weight on its favourite class. A vote loses doubt: 0.51
    against 0.49 becomes 1 against 0. Add the probabilities themselves, before any `argmax`.
    """
    votes = np.eye(probabilities.shape[2])[probabilities.argmax(axis=2)]
    return np.average(votes, axis=0, weights=weights)


def decides_at_the_end(probabilities, weights):
    """Your mean is right, and then your answer decides: it returns labels, one for each digit. The opinion itself is
    asked for, with all its doubt, (n, classes); leave the last `argmax` away.
    """
    return np.average(probabilities, axis=0, weights=weights).argmax(axis=1)


def winner_takes_all_at_the_end(probabilities, weights):
    """Your mean is right, and then your answer gives everything to the largest class. The opinion itself is asked for,
    with all its doubt: 0.51 against 0.49 stays 0.51 against 0.49.
    """
    joined = np.average(probabilities, axis=0, weights=weights)
    return np.eye(probabilities.shape[2])[joined.argmax(axis=1)]


def averages_over_digits(probabilities, weights):
    """Your answer averages over the digits: what is left says how often each member thinks of each class, whatever it
    looks at. Members are the first axis, so the mean runs along `axis=0`, and every digit keeps its row.
    """
    return probabilities.mean(axis=1)


def weights_along_the_classes(probabilities, weights):
    """Your answer lays the weights along the classes: `weights * probabilities` lines up the last axes. That raises an
    error, or, with as many members as classes, weighs classes instead of members in silence. Members are the first
    axis: `weights[:, None, None] * probabilities`.
    """
    return (weights * probabilities).sum(axis=0) / weights.sum()


def weights_along_the_digits(probabilities, weights):
    """Your answer lays the weights along the digits: `weights[:, None]` has two axes, and they meet the last two of
    three. That raises an error, or, with as many members as digits, weighs digits instead of members in silence.
    Members are the first axis: `weights[:, None, None] * probabilities`.
    """
    return (weights[:, None] * probabilities).sum(axis=0) / weights.sum()


def product_along_the_digits(probabilities, weights):
    """Your answer weighs along the second axis, as `weights @ …` or `axis=1` do, and that one holds the digits: an
    error, or, with as many members as digits, digits are added up in silence. Members are the first axis:
    `np.tensordot(weights, probabilities, axes=1)`, or `weights[:, None, None] * probabilities` and a sum.
    """
    return weights @ probabilities / weights.sum()


def multiplies_opinions(probabilities, weights):
    """Your answer multiplies the opinions, as if the members had seen different evidence. They looked at the same
    digit, and the product makes them far surer together than each of them is. Add them, each times its weight.
    """
    product = probabilities.prod(axis=0)
    return product / product.sum(axis=1, keepdims=True)


def geometric_mean(probabilities, weights):
    """Your answer takes the mean of the logarithms, a geometric mean. That is another committee, in which a single
    member can rule a class out. (It comes later, as the mean of logits.) Here add the probabilities themselves.
    """
    powers = np.prod(probabilities ** (weights / weights.sum())[:, None, None], axis=0)
    return powers / powers.sum(axis=1, keepdims=True)


def divides_in_place(probabilities, weights):
    """Your answer says `weights /= …`, which writes into the array it was given. Whole numbers have no room for
    fractions, so NumPy refuses there; and where there is room, whoever passed the weights finds others afterwards.
    `weights = weights / weights.sum()` makes new ones.
    """
    weights /= weights.sum()
    return (weights[:, None, None] * probabilities).sum(axis=0)


def _opinions(rng, members, digits, classes):
    """Rows of two decimals that sum to one; none holds a 0."""
    counts = rng.multinomial(100 - classes, rng.dirichlet(np.ones(classes), (members, digits)))
    return (counts + 1) / 100


def _opinions_and_weights():
    rng = np.random.default_rng(51)
    three_or_nine = np.full((2, 1, 10), 0.02)
    three_or_nine[0, 0, 3], three_or_nine[1, 0, 9] = 0.82, 0.82
    return [
        (_opinions(rng, 3, 2, 3), np.array([0.6, 0.8, 1.0])),
        (three_or_nine, np.array([2.0, 2.0])),
        (_opinions(rng, 10, 4, 10), rng.uniform(0.2, 0.9, 10).round(2)),
        (_opinions(rng, 3, 3, 5).astype(np.float32), np.array([0.3, 0.0, 0.2])),
        (_opinions(rng, 4, 6, 10), np.array([1, 3, 2, 5])),
        (_opinions(rng, 5, 7, 10), np.array([0.1, 0.25, 0.15, 0.2, 0.4])),
    ]


mean_opinion = Exercise(
    "ensemble.mean_opinion",
    my_mean,
    right=[shares_of_the_weights, by_numpy_average, member_after_member, rows_back_to_one],
    wrong=[
        forgets_to_divide,
        divides_by_the_members,
        ignores_the_weights,
        softmax_of_the_weights,
        strongest_member_only,
        halfway_between_labels,
        mean_label,
        counts_votes,
        decides_at_the_end,
        winner_takes_all_at_the_end,
        averages_over_digits,
        weights_along_the_classes,
        weights_along_the_digits,
        product_along_the_digits,
        multiplies_opinions,
        geometric_mean,
        divides_in_place,
    ],
    cases=_opinions_and_weights,
    situation="with {weights} weights and {probabilities} probabilities",
    hints=[
        "One digit and two members with weights 1 and 3: how much of the opinion comes from each? What if the weights "
        "were 10 and 30?",
        "A quarter and three quarters, both times: `shares = weights / weights.sum()`. Each share multiplies all that "
        "its member says.",
        "`shares[:, None, None]` has shape (members, 1, 1) and meets the members' axis; multiply `probabilities` by it "
        "and add up along `axis=0`.",
    ],
    insight="Only the proportions of the weights count: twice as much for everyone changes nothing.",
)


# --- vote ------------------------------------------------------------------------------------------------


def my_vote(answers):
    """The label that most members give to each digit: whole numbers (n,).

    `answers` (members, n) holds labels, whole numbers from 0 to 9: a row for each member, a
    column for each digit. Where several labels have equally many votes, the smallest of them
    is elected.
    """
    raise NotImplementedError


def counts_each_column(answers):
    """Count the labels of each digit; of equal counts, `argmax` takes the first, which is the smallest label."""
    return np.array([np.bincount(column).argmax() for column in answers.T])


def counts_by_comparing(answers):
    """Compare all answers with every label, and add up who agrees."""
    votes = (answers[:, :, None] == np.arange(10)).sum(axis=0)
    return votes.argmax(axis=1)


def by_unique_labels(answers):
    """The labels that occur, in order, and how often each does."""
    elected = []
    for j in range(answers.shape[1]):
        labels, counts = np.unique(answers[:, j], return_counts=True)
        elected.append(labels[np.argmax(counts)])
    return np.array(elected)


def by_dictionaries(answers):
    """Ballot papers into boxes; the fullest box wins, and of equally full ones the one with the smallest label."""
    elected = np.zeros(answers.shape[1])
    for j, column in enumerate(answers.T.tolist()):
        boxes = {}
        for label in column:
            boxes[label] = boxes.get(label, 0) + 1
        elected[j] = min(boxes, key=lambda label: (-boxes[label], label))
    return elected


def averages_labels(answers):
    """Your answer averages labels. A label is a name, not an amount: half-way between 3 and 9 is not 6, nor is it 6.5.
    Count how often each label occurs.
    """
    return answers.mean(axis=0)


def rounds_the_average(answers):
    """Your answer averages labels and rounds. Half-way between 3 and 9 is 6, which nobody said: a label is a name, not
    an amount. Count how often each label occurs, and take the most frequent.
    """
    return np.round(answers.mean(axis=0)).astype(int)


def cuts_the_average_off(answers):
    """Your answer averages labels and cuts the fraction off. Half-way between 3 and 9 is 6, which nobody said: a label
    is a name, not an amount. Count how often each label occurs, and take the most frequent.
    """
    return answers.mean(axis=0).astype(int)


def median_label(answers):
    """Your answer is the median: it sorts the labels and takes the one in the middle. That fits where one label has
    more than half of the votes; with 1, 1, 4, 7, 9 the middle is 4, and 1 should win. Labels have no order; count
    them.
    """
    return np.median(answers, axis=0)


def first_member_decides(answers):
    """Your answer is what the first member says, whatever the others think. Look down each column: every member has a
    vote there.
    """
    return answers[0]


def majority_or_the_first(answers):
    """Your answer elects a label only if more than half of the members give it, and otherwise believes the first
    member. Most votes are enough, be they fewer than half: with 1, 1, 4, 7, 9 the 1 wins.
    """
    counts = (answers[:, :, None] == np.arange(10)).sum(axis=0)
    return np.where(2 * counts.max(axis=1) > len(answers), counts.argmax(axis=1), answers[0])


def last_member_decides(answers):
    """Your answer is what the last member says. Does each turn of your loop overwrite the one before? Every member
    has a vote: count first, decide when all have spoken.
    """
    return answers[-1]


def favourite_of_each_member(answers):
    """Your answer looks along the rows: it finds the label that each member gives most often, whatever the digit. A
    digit is a column: `answers[:, j]`, or a loop over `answers.T`.
    """
    return np.array([np.bincount(row).argmax() for row in answers])


def one_label_for_all(answers):
    """Your answer counts all labels of all digits together, and elects one label for everything. Each digit has an
    election of its own: count column by column.
    """
    return np.bincount(answers.ravel()).argmax()


def one_label_for_each_digit_alike(answers):
    """Your answer elects one label from the answers to all digits together and gives it to each of them. Each digit has
    an election of its own: count column by column.
    """
    return np.full(answers.shape[1], np.bincount(answers.ravel()).argmax())


def returns_the_count(answers):
    """Your answer says how many votes the winner has, not who it is. You have counted well: `argmax` instead of `max`
    gives the place of the largest count, which is the label.
    """
    return np.array([np.bincount(column).max() for column in answers.T])


def returns_all_counts(answers):
    """Your answer returns the counts of all labels. You have counted well; one thing is left, to name the winner of
    each digit: `votes.argmax(axis=1)`.
    """
    return (answers[:, :, None] == np.arange(10)).sum(axis=0)


def returns_counts_by_label(answers):
    """Your answer returns the counts of all labels, a row for each label. You have counted well; one thing is left, to
    name the winner of each digit: `votes.argmax(axis=0)`.
    """
    return (answers[:, :, None] == np.arange(10)).sum(axis=0).T


def returns_all_shares(answers):
    """Your answer returns the share of the votes that each label gets. You have counted well; one thing is left, to
    name the winner of each digit: `shares.argmax(axis=1)`.
    """
    return (answers[:, :, None] == np.arange(10)).mean(axis=0)


def returns_shares_by_label(answers):
    """Your answer returns the share of the votes that each label gets, a row for each label. You have counted well; one
    thing is left, to name the winner of each digit: `shares.argmax(axis=0)`.
    """
    return (answers[:, :, None] == np.arange(10)).mean(axis=0).T


def member_with_the_largest_label(answers):
    """Your answer is a member's number: `argmax` of the labels themselves finds who said the largest. Count how often
    each label occurs first, and take `argmax` of the counts.
    """
    return answers.argmax(axis=0)


def largest_label(answers):
    """Your answer is the largest label that anybody gave. A 9 is no stronger answer than a 1: count how often each
    label occurs.
    """
    return answers.max(axis=0)


def smallest_label(answers):
    """Your answer is the smallest label that anybody gave. Smallest comes into it only when counts are equal: count how
    often each label occurs first.
    """
    return answers.min(axis=0)


def largest_of_equals(answers):
    """Your answer is right until there is a tie: then it elects the largest of the tied labels. Any rule fixed
    beforehand will do; here it is the smallest, as `argmax` of the counts has it. In a loop over labels write `>`,
    not `>=`.
    """
    return np.array([9 - np.bincount(column, minlength=10)[::-1].argmax() for column in answers.T])


def first_named_of_equals(answers):
    """Your answer is right until there is a tie: then it elects the label that was named first, as
    `Counter(…).most_common(1)` and `max(…, key=….count)` over the answers do. The order of the members should not
    matter. Go through the labels in order, `range(10)` or `sorted(…)`; the smallest comes first there.
    """
    from collections import Counter

    return np.array([Counter(column).most_common(1)[0][0] for column in answers.T.tolist()])


def last_named_of_equals(answers):
    """Your answer is right until there is a tie: then it elects the label that was named last. The order of the members
    should not matter: of tied labels the smallest is elected, as `argmax` of the counts has it.
    """
    from collections import Counter

    return np.array([Counter(column).most_common(1)[0][0] for column in answers[::-1].T.tolist()])


def first_of_a_set(answers):
    """Your answer is right until a tie in which an 8 or a 9 takes part. `max(set(…), key=….count)` goes through a
    set, and a set has no order that you could rely on: 8 may come before 2. `sorted(set(…))` has one, and the
    smallest comes first.
    """
    return np.array([max(set(column), key=column.count) for column in answers.T.tolist()])


def nobody_votes_for_nine(answers):
    """Your answer never elects a 9. `range(9)` ends at 8: there are ten labels, `range(10)`."""
    return (answers[:, :, None] == np.arange(9)).sum(axis=0).argmax(axis=1)


def nobody_votes_for_zero(answers):
    """Your answer never elects a 0. Labels begin at 0, not at 1: go through `range(10)`."""
    return (answers[:, :, None] == np.arange(1, 10)).sum(axis=0).argmax(axis=1) + 1


def _answers():
    # No mean lies half-way between two numbers: however it is rounded, it is the same mistake.
    rng = np.random.default_rng(52)
    many = rng.integers(0, 10, (7, 7))
    many[:, 0] = 3, 7, 7, 7, 7, 1, 2
    return [
        (np.array([[3, 9], [9, 9], [3, 0]]),),
        # Columns: a plain majority, ties of two and of three, a 9, a 0, one who leads with less than half, a majority
        # without the first member.
        (
            np.array(
                [
                    [4, 7, 8, 9, 0, 9, 3],
                    [4, 2, 5, 9, 3, 1, 7],
                    [1, 2, 6, 1, 0, 7, 7],
                    [4, 7, 8, 9, 0, 4, 7],
                    [2, 5, 5, 0, 2, 1, 1],
                ]
            ),
        ),
        (many,),
        (np.array([[5, 9, 8, 2], [3, 9, 2, 2]], dtype=np.int32),),
        (rng.integers(0, 10, (9, 12)).astype(np.uint8),),
    ]


vote = Exercise(
    "ensemble.vote",
    my_vote,
    right=[counts_each_column, counts_by_comparing, by_unique_labels, by_dictionaries],
    wrong=[
        averages_labels,
        rounds_the_average,
        cuts_the_average_off,
        median_label,
        first_member_decides,
        majority_or_the_first,
        last_member_decides,
        favourite_of_each_member,
        one_label_for_all,
        one_label_for_each_digit_alike,
        returns_the_count,
        returns_all_counts,
        returns_counts_by_label,
        returns_all_shares,
        returns_shares_by_label,
        member_with_the_largest_label,
        largest_label,
        smallest_label,
        largest_of_equals,
        first_named_of_equals,
        last_named_of_equals,
        first_of_a_set,
        nobody_votes_for_nine,
        nobody_votes_for_zero,
    ],
    cases=_answers,
    situation="on {answers} answers",
    hints=[
        "Take one digit: its answers are a column, `answers[:, j]`. How often does each label occur in it?",
        "`np.bincount(column)` counts: place k holds how many said k.",
        "`argmax` of the counts is the label with most votes, and of equal ones the smallest. Do that for each column "
        "of `answers`, for instance in a loop over `answers.T`.",
    ],
    insight="A vote asks for decisions only. What each member doubted is lost, and so is the reason for a tie.",
)


# --- mean_of_logits --------------------------------------------------------------------------------------


def my_mean_of_scores(logits):
    """Average the members' logits, and turn the means into probabilities (n, classes).

    `logits` (members, n, classes). Each row of the result is the softmax of the mean logits of
    one digit. It must also work for logits like 1000.
    """
    raise NotImplementedError


def softmax_of_the_mean(logits):
    """First the mean over members, then softmax along the classes, with the largest mean taken away."""
    means = logits.mean(axis=0)
    powers = np.exp(means - means.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def digit_by_digit(logits):
    """One digit after the other, in 32-bit floats."""
    probabilities = np.zeros(logits.shape[1:], dtype=np.float32)
    for i in range(logits.shape[1]):
        means = sum(logits[:, i]) / len(logits)
        powers = np.exp(means - max(means))
        probabilities[i] = powers / sum(powers)
    return probabilities


def mean_of_log_probabilities(logits):
    """Log-probabilities are logits less one number a row, which softmax does not notice."""
    shifted = logits - logits.max(axis=2, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    means = logs.mean(axis=0)
    powers = np.exp(means - means.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def by_the_logarithm_of_the_sum(logits):
    """exp(mean − log of the sum of all exp), with NumPy's own `logaddexp`."""
    means = np.mean(logits, axis=0)
    return np.exp(means - np.logaddexp.reduce(means, axis=1)[:, None])


def mean_logits_as_they_are(logits):
    """Your answer returns the mean logits and calls them probabilities. Look at a row: some are negative, and they
    do not sum to one. They are still scores; softmax makes shares of them.
    """
    return logits.mean(axis=0)


def mean_of_the_softmaxes(logits):
    """Your answer applies softmax to each member and averages the shares. That is the other mean, of probabilities, and
    it answers differently: there a member that is sure of a wrong class is outvoted, here it pulls with all the
    weight of its large logits. Here average first: softmax comes once, at the end.
    """
    powers = np.exp(logits - logits.max(axis=2, keepdims=True))
    return (powers / powers.sum(axis=2, keepdims=True)).mean(axis=0)


def softmax_of_the_sum(logits):
    """Your answer adds the logits up and does not divide. Five members who agree would then be five times as sure
    as each of them: the differences between logits grow, and softmax takes them at their word. Take the mean.
    """
    total = logits.sum(axis=0)
    powers = np.exp(total - total.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_twice(logits):
    """Your answer applies softmax twice after the mean. The order of the classes stays, but the second softmax gets
    numbers between 0 and 1, and all doubt is exaggerated. Once is enough.
    """
    shares = logits.mean(axis=0)
    for _ in range(2):
        powers = np.exp(shares - shares.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
    return shares


def softmax_before_and_after(logits):
    """Your answer applies softmax to each member, averages, and applies softmax again. The second one gets numbers
    between 0 and 1, and all doubt is exaggerated. Average the logits; softmax comes once, at the end.
    """
    powers = np.exp(logits - logits.max(axis=2, keepdims=True))
    means = (powers / powers.sum(axis=2, keepdims=True)).mean(axis=0)
    powers = np.exp(means)
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_over_members(logits):
    """Your answer takes the softmax along the first axis: it shares out among the members what belongs to the classes.
    Average along `axis=0` first; then softmax along the classes, the last axis.
    """
    powers = np.exp(logits - logits.max(axis=0))
    return (powers / powers.sum(axis=0)).mean(axis=0)


def softmax_over_digits(logits):
    """Your means are right, and then your columns sum to one: you share out among the digits what belongs to the
    classes of one digit. Of the means, (n, classes), the classes are the second axis: `axis=1`, with
    `keepdims=True`.
    """
    means = logits.mean(axis=0)
    powers = np.exp(means - means.max(axis=0))
    return powers / powers.sum(axis=0)


def shares_of_everything(logits):
    """Your means are right, and then your answer shares one whole among all digits at once: without an axis,
    `sum()` adds up the entire array. Each digit has a whole of its own: `sum(axis=1, keepdims=True)`.
    """
    means = logits.mean(axis=0)
    powers = np.exp(means - means.max())
    return powers / powers.sum()


def sums_lose_their_axis(logits):
    """Your answer takes one number from each row, by `max` or `sum`, and gets them lying side by side, shape (n,),
    like a row; NumPy then lines them up with the columns. That raises an error, or with as many digits as classes
    goes wrong in silence. `keepdims=True` keeps them below each other, shape (n, 1).
    """
    means = logits.mean(axis=0)
    powers = np.exp(means - means.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1)


def forgets_to_share_again(logits):
    """Your answer averages the logarithms of the probabilities and takes `np.exp`, which is nearly there: your rows
    sum to less than one wherever members differ. Divide each row by its sum.
    """
    shifted = logits - logits.max(axis=2, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    return np.exp(logs.mean(axis=0))


def divides_the_scores(logits):
    """Your answer divides the mean logits by their sum. Logits may be negative, and their sum may be 0, so that
    makes no shares. `np.exp` makes every number positive first, and keeps their order.
    """
    means = logits.mean(axis=0)
    return means / means.sum(axis=1, keepdims=True)


def averages_over_digits(logits):
    """Your answer averages over the digits, so that one row is left for each member. Members are the first axis:
    the mean runs along `axis=0`, and every digit keeps its row.
    """
    means = logits.mean(axis=1)
    powers = np.exp(means - means.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def decides_at_once(logits):
    """Your answer returns labels, one for each digit. The order of the means already tells them, but probabilities were
    asked for, with all their doubt, (n, classes): softmax instead of `argmax`.
    """
    return logits.mean(axis=0).argmax(axis=1)


def overflows(logits):
    """Your shares are right until the logits grow: `np.exp(1000)` is more than a float holds, it becomes ∞, and ∞ /
    ∞ is no number (NaN). Take the largest mean of each row away first; all shares stay the same.
    """
    means = logits.mean(axis=0)
    powers = np.exp(means)
    return powers / powers.sum(axis=1, keepdims=True)


def one_maximum_for_all(logits):
    """Your answer takes one number, the largest of all digits, away from every row. A row that lies far below it
    becomes `np.exp(-1000)`, which is 0, and 0 / 0 is no number (NaN). Give each row its own: `means.max(axis=1,
    keepdims=True)`.
    """
    means = logits.mean(axis=0)
    powers = np.exp(means - means.max())
    return powers / powers.sum(axis=1, keepdims=True)


def logarithm_of_zero(logits):
    """Your shares are right until the logits grow: after a softmax a share may be so small that it is stored as 0, and
    its logarithm is −∞. When every class is impossible for somebody, nothing is left to share (NaN). Average the
    logits themselves, as they come; no softmax before the mean.
    """
    powers = np.exp(logits - logits.max(axis=2, keepdims=True))
    logs = np.log(powers / powers.sum(axis=2, keepdims=True)).mean(axis=0)
    products = np.exp(logs - logs.max(axis=1, keepdims=True))
    return products / products.sum(axis=1, keepdims=True)


def logarithm_with_a_floor(logits):
    """Your answer adds something tiny to the shares before the logarithm, `np.log(shares + 1e-12)`. That spares you −∞,
    but puts a floor under every share: a member who all but excludes a class, at 1e-300, is heard as if it had said
    1e-12. Average the logits themselves, as they come; no softmax before the mean.
    """
    powers = np.exp(logits - logits.max(axis=2, keepdims=True))
    logs = np.log(powers / powers.sum(axis=2, keepdims=True) + 1e-12).mean(axis=0)
    products = np.exp(logs - logs.max(axis=1, keepdims=True))
    return products / products.sum(axis=1, keepdims=True)


def mean_instead_of_the_maximum(logits):
    """Your answer takes the mean of each row away before `np.exp`, not the largest. The shares stay the same, but one
    logit far above the others still overflows: ∞ / ∞ is no number (NaN). When the largest goes, nothing is left
    above 0: `means - means.max(axis=1, keepdims=True)`.
    """
    means = logits.mean(axis=0)
    powers = np.exp(means - means.mean(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _logits(rng, *shape):
    return rng.normal(0, 2, shape).round(1)


def _committees():
    rng = np.random.default_rng(53)
    # All large logits in one input: who overflows there and has another misconception still gets its sentence.
    small = [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]
    far = [[1000.0, 0.0, 0.0], [2000.0, 0.0, 0.0]], [[0.0, 600.0, 0.0], [2000.0, 0.0, 0.0]]
    large = [
        [[1000.0, 999.0, 1001.0], [2000.0, 0.0, 1500.0], [-1000.0, -1001.0, -999.0], *small[0], *far[0]],
        [[1002.0, 999.0, 1000.0], [0.0, 2000.0, -1500.0], [-1001.0, -1000.0, -999.0], *small[1], *far[1]],
    ]
    return [
        (np.array([[[1.0, -1.0]], [[2.0, 4.0]]]),),
        (np.array(large),),
        (_logits(rng, 3, 4, 10).astype(np.float32),),
        (_logits(rng, 4, 3, 3),),
        (_logits(rng, 5, 2, 5),),
        (rng.integers(-4, 5, (2, 5, 4)),),
    ]


mean_of_logits = Exercise(
    "ensemble.mean_of_logits",
    my_mean_of_scores,
    right=[softmax_of_the_mean, digit_by_digit, mean_of_log_probabilities, by_the_logarithm_of_the_sum],
    wrong=[
        mean_logits_as_they_are,
        mean_of_the_softmaxes,
        softmax_of_the_sum,
        softmax_twice,
        softmax_before_and_after,
        softmax_over_members,
        softmax_over_digits,
        shares_of_everything,
        sums_lose_their_axis,
        forgets_to_share_again,
        divides_the_scores,
        averages_over_digits,
        decides_at_once,
        overflows,
        one_maximum_for_all,
        logarithm_of_zero,
        logarithm_with_a_floor,
        mean_instead_of_the_maximum,
    ],
    cases=_committees,
    situation="on {logits} logits",
    hints=[
        "Two steps, in this order: one mean, one softmax. Along which axis do the members lie?",
        "`means = logits.mean(axis=0)` has shape (n, classes). Now the softmax of lesson 02, along the classes.",
        "`powers = np.exp(means - means.max(axis=1, keepdims=True))`, and each row divided by its sum.",
    ],
    insight="Averaging logits multiplies shares: a member who all but excludes a class pulls it down for everyone.",
)


# --- temperature -----------------------------------------------------------------------------------------


def my_temperature(logits, labels, candidates):
    """The one of `candidates` that is the best temperature for these digits.

    A temperature T turns logits into the probabilities softmax(logits / T). The best gives the
    lowest log-loss: minus the logarithm of the true label's probability, averaged over digits.
    `logits` (n, classes), `labels` (n,), `candidates` (k,), all above 0 and in no order.
    """
    raise NotImplementedError


def lowest_log_loss(logits, labels, candidates):
    """The log-loss of every candidate; then the candidate at the place of the lowest."""
    losses = []
    for candidate in candidates:
        scaled = logits / candidate
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses.append(-logs[np.arange(len(labels)), labels].mean())
    return candidates[np.argmin(losses)]


def best_so_far(logits, labels, candidates):
    """Number by number; remember the best candidate so far."""
    best, lowest = None, np.inf
    for candidate in candidates:
        loss = 0.0
        for row, label in zip(logits / candidate, labels, strict=True):
            powers = np.exp(row - max(row))
            loss -= np.log(powers[label] / sum(powers))
        if loss < lowest:
            best, lowest = candidate, loss
    return float(best)


def all_candidates_at_once(logits, labels, candidates):
    """All candidates in one array (k, n, classes); the highest sum of log-shares is the lowest log-loss."""
    scaled = logits[None] / candidates[:, None, None]
    logs = scaled - np.logaddexp.reduce(scaled, axis=2, keepdims=True)
    return candidates[logs[:, np.arange(len(labels)), labels].sum(axis=1).argmax()]


def by_sorting(logits, labels, candidates):
    """The candidates in the order of their losses; the first is the best."""

    def loss(candidate):
        shifted = (logits - logits.max(axis=1, keepdims=True)) / candidate
        of_truth = shifted[np.arange(len(labels)), labels]
        return (np.log(np.exp(shifted).sum(axis=1)) - of_truth).mean()

    return sorted(candidates, key=loss)[0]


def first_candidate(logits, labels, candidates):
    """Your answer is always the first candidate. Choosing by accuracy does that: the accuracy cannot change, since all
    logits of a row divided by one positive number keep their order, so all candidates tie and `argmax` takes the first.
    Temperature mends confidence, never the answer. Compare log-losses.
    """
    accuracies = [(np.argmax(logits / candidate, axis=1) == labels).mean() for candidate in candidates]
    return candidates[np.argmax(accuracies)]


def last_candidate(logits, labels, candidates):
    """Your answer is always the last candidate. Choosing by accuracy with `>=` does that: the accuracy cannot change,
    since all logits of a row divided by one positive number keep their order, so all candidates tie and the last
    one stays. Temperature mends confidence, never the answer. Compare log-losses, and let only a lower one win.
    """
    best, highest = None, 0
    for candidate in candidates:
        accuracy = (np.argmax(logits / candidate, axis=1) == labels).mean()
        if accuracy >= highest:
            best, highest = candidate, accuracy
    return best


def always_the_smallest(logits, labels, candidates):
    """Your answer is always the smallest candidate. Several ways lead there, among them: to choose the highest
    confidence, which never asks whether it is deserved; to take the logarithm of the largest share instead of the true
    label's; to divide shares by T instead of logits. Softmax of `logits / T` first, then the share at `labels`.
    """
    confidences = []
    for candidate in candidates:
        scaled = logits / candidate
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        confidences.append((powers / powers.sum(axis=1, keepdims=True)).max(axis=1).mean())
    best = max(confidences)
    return min(t for t, confidence in zip(candidates, confidences, strict=True) if confidence >= best - 1e-12)


def always_the_largest(logits, labels, candidates):
    """Your answer is always the largest candidate, the one with most doubt. Doubt alone is no merit: a network that
    gives every class the same share is never much surprised, and of no use. Softmax of `logits / T` first, then the
    share at `labels`; the lowest mean surprise wins.
    """
    return max(candidates)


def multiplies_by_the_temperature(logits, labels, candidates):
    """Your answer multiplies the logits by T instead of dividing: hot becomes cold. A high temperature brings the
    logits together and makes softmax doubt: `logits / T`.
    """
    losses = []
    for candidate in candidates:
        scaled = logits * candidate
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses.append(-logs[np.arange(len(labels)), labels].mean())
    return candidates[np.argmin(losses)]


def forgets_the_softmax(logits, labels, candidates):
    """Your answer compares `logits / T` at the true labels, without a softmax. A logit alone says nothing: add 100 to a
    whole row, and its shares stay. It has to be large beside the others of its row; softmax compares them.
    """
    scores = [(logits / candidate)[np.arange(len(labels)), labels].mean() for candidate in candidates]
    return candidates[np.argmax(scores)]


def logarithm_without_softmax(logits, labels, candidates):
    """Your answer takes the logarithm of logits. Softmax is missing: logits may be negative, and have no logarithm then
    (NaN), before which no comparison holds. First `softmax(logits / T)`, then its logarithm.
    """
    losses = [-np.log((logits / candidate)[np.arange(len(labels)), labels]).mean() for candidate in candidates]
    return candidates[np.argmin(losses)]


def averages_before_the_logarithm(logits, labels, candidates):
    """Your answer chooses by the mean probability of the true labels, without a logarithm or with one that comes too
    late. Then a digit that is missed entirely costs no more than two that are half missed, and overconfidence pays.
    First the logarithm of each share, then the mean.
    """
    scores = []
    for candidate in candidates:
        scaled = logits / candidate
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        scores.append(shares[np.arange(len(labels)), labels].mean())
    return candidates[np.argmax(scores)]


def lowest_brier_score(logits, labels, candidates):
    """Your answer chooses by the Brier score, the squared distance to the truth. That is an honest score as well,
    and often agrees; but it charges a sure mistake 2 at most, where log-loss knows no limit. Here the log-loss
    decides.
    """
    scores = []
    for candidate in candidates:
        scaled = logits / candidate
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        scores.append(((shares - np.eye(logits.shape[1])[labels]) ** 2).sum(axis=1).mean())
    return candidates[np.argmin(scores)]


def as_sure_as_right(logits, labels, candidates):
    """Your answer chooses the temperature whose mean confidence comes nearest to the accuracy. A good thought: that is
    what calibration means, on average. But too sure here and too timid there may cancel out; log-loss asks each
    digit. Take the candidate with the lowest.
    """
    gaps = []
    right = (logits.argmax(axis=1) == labels).mean()
    for candidate in candidates:
        scaled = logits / candidate
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        gaps.append(abs((powers / powers.sum(axis=1, keepdims=True)).max(axis=1).mean() - right))
    return candidates[np.argmin(gaps)]


def least_trouble_with_the_worst(logits, labels, candidates):
    """Your answer looks at one digit, the one with the highest surprise, and takes the candidate that spares it
    most. That digit is often hopeless, and all the others pay for it with doubt. The log-loss is the mean over all
    digits.
    """
    worst = []
    for candidate in candidates:
        scaled = logits / candidate
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        worst.append(-logs[np.arange(len(labels)), labels].min())
    return candidates[np.argmin(worst)]


def highest_log_loss(logits, labels, candidates):
    """Your answer is the worst candidate: its log-loss is the highest. Log-loss counts surprise, so lowest is best:
    `argmin`. (If you compare logarithms without the minus, `argmax`.)
    """
    losses = []
    for candidate in candidates:
        scaled = logits / candidate
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses.append(-logs[np.arange(len(labels)), labels].mean())
    return candidates[np.argmax(losses)]


def shares_across_digits(logits, labels, candidates):
    """Your columns sum to one: you share out among the digits what belongs to the classes of one digit. A row is one
    digit, so softmax runs along it: `axis=1`, with `keepdims=True`.
    """
    losses = []
    for candidate in candidates:
        scaled = logits / candidate
        scaled = scaled - scaled.max(axis=0)
        logs = scaled - np.log(np.exp(scaled).sum(axis=0))
        losses.append(-logs[np.arange(len(labels)), labels].mean())
    return candidates[np.argmin(losses)]


def every_row_with_every_label(logits, labels, candidates):
    """Your answer takes every label from every row, an n × n table, as `shares[:, labels]` does. One number from
    each row is wanted: give the rows too, `shares[np.arange(len(labels)), labels]`.
    """
    losses = []
    for candidate in candidates:
        scaled = logits / candidate
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses.append(-logs[:, labels].mean())
    return candidates[np.argmin(losses)]


def returns_the_place(logits, labels, candidates):
    """Your answer is the place of the best candidate in the list. You have chosen well; now look it up,
    `candidates[best]`.
    """
    losses = []
    for candidate in candidates:
        scaled = logits / candidate
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses.append(-logs[np.arange(len(labels)), labels].mean())
    return np.argmin(losses)


def returns_the_loss(logits, labels, candidates):
    """Your answer is the lowest log-loss itself. You have measured well; the temperature that gives it is asked for:
    `argmin` tells its place, and `candidates[…]` what stands there.
    """
    losses = []
    for candidate in candidates:
        scaled = logits / candidate
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses.append(-logs[np.arange(len(labels)), labels].mean())
    return min(losses)


def rows_for_labels(logits, labels, candidates):
    """Your answer says `shares[labels]`, which takes whole rows, those whose numbers happen to be labels. Then all
    their classes are averaged, the wrong ones too, and most doubt wins; a label that is no row raises an error. One
    number from each row is wanted: `shares[np.arange(len(labels)), labels]`.
    """
    losses = []
    for candidate in candidates:
        scaled = logits / candidate
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses.append(-logs[labels].mean())
    return candidates[np.argmin(losses)]


def overflows_when_cold(logits, labels, candidates):
    """Your answer is right until logits are large, or a low temperature makes them so: 1000 / 0.05 is 20,000,
    `np.exp(1000)` is already more than a float holds, and ∞ / ∞ is no number (NaN); `argmin` then stops at it, as if
    nothing were lower. Take the largest logit of each row away before `np.exp`.
    """
    losses = []
    for candidate in candidates:
        powers = np.exp(logits / candidate)
        shares = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(shares[np.arange(len(labels)), labels]).mean())
    return candidates[np.argmin(losses)]


def passes_over_what_overflows(logits, labels, candidates):
    """Your answer passes over the candidates whose log-loss is NaN. They are no bad candidates: `np.exp(1000)` is more
    than a float holds, ∞ / ∞ is no number, and the best may be among them. Take the largest logit of each row away
    before `np.exp`; then every candidate has a log-loss.
    """
    losses = []
    for candidate in candidates:
        powers = np.exp(logits / candidate)
        shares = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(shares[np.arange(len(labels)), labels]).mean())
    return candidates[np.nanargmin(losses)]


def one_maximum_for_all_digits(logits, labels, candidates):
    """Your answer takes one number, the largest of all digits, away from every row. A row that lies far below it
    becomes `np.exp(-1000)`, which is 0, and 0 / 0 is no number (NaN). Each row has a largest of its own:
    `.max(axis=1, keepdims=True)`.
    """
    losses = []
    for candidate in candidates:
        powers = np.exp((logits - logits.max()) / candidate)
        shares = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(shares[np.arange(len(labels)), labels]).mean())
    return candidates[np.argmin(losses)]


_CANDIDATES = [
    [0.8, 2.5, 1.2, 0.4, 1.6, 0.6],
    [2.2, 0.5, 3.0, 1.5, 1.1, 0.7, 1.9],
    [1.3, 0.35, 0.6, 0.9, 2.4, 1.7],
    [2.8, 0.3, 0.8, 8.0],
]


def _network(seed, digits, classes, candidates, sharpness, offset=0):
    """Labels drawn from a softmax, and its logits as a network has them that is too sure, or not sure enough."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (digits, classes))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(classes, p=row) for row in shares])
    return (sharpness * logits + offset).round(1), labels, np.array(_CANDIDATES[candidates])


def _networks():
    # On these seeds any two of the misconceptions choose differently at least twice, and nothing is a near tie.
    logits, *others = _network(58, 12, 10, 1, 1.6)
    # Who overflows, or takes one maximum for rows near 1000 and near 400, finds no log-loss for 0.6, the best.
    large = np.array(
        [[1001, 1000, 998], [999, 1000, 1002], [1000.5, 1001, 999], [401.5, 400, 398], [399, 402, 400], [402, 400, 399]]
    )
    return [
        _network(3, 3, 3, 1, 1.5),
        _network(26, 12, 10, 1, 1.6, 30),
        (logits.astype(np.float32), *others),
        _network(28, 9, 5, 2, 0.6, -30),
        _network(73, 4, 3, 1, 0.7, 30),
        _network(64, 5, 3, 0, 1.5, 30),
        _network(79, 20, 4, 1, 1.3, -30),
        _network(380, 3, 5, 1, 1.0, -30),
        # The candidate nearest to the very best temperature, 1.48, is not the best; and a label is no row.
        _network(4, 3, 5, 3, 1.0, 30),
        (large, np.array([0, 2, 0, 0, 1, 0]), np.array([12.0, 1.3, 0.05, 35.0, 1.1, 0.6])),
    ]


temperature = Exercise(
    "ensemble.temperature",
    my_temperature,
    right=[lowest_log_loss, best_so_far, all_candidates_at_once, by_sorting],
    wrong=[
        first_candidate,
        last_candidate,
        always_the_smallest,
        always_the_largest,
        multiplies_by_the_temperature,
        forgets_the_softmax,
        logarithm_without_softmax,
        averages_before_the_logarithm,
        lowest_brier_score,
        as_sure_as_right,
        least_trouble_with_the_worst,
        highest_log_loss,
        shares_across_digits,
        every_row_with_every_label,
        returns_the_place,
        returns_the_loss,
        rows_for_labels,
        overflows_when_cold,
        passes_over_what_overflows,
        one_maximum_for_all_digits,
    ],
    cases=_networks,
    situation="on {logits} logits with {candidates} candidates",
    hints=[
        "For one candidate T: `shares = softmax(logits / T)`, row by row. Which share of each row matters?",
        "The true label's: `-np.log(shares[np.arange(len(labels)), labels]).mean()` is the log-loss of T.",
        "Collect the log-loss of every candidate in a list; `candidates[np.argmin(losses)]` is the best. Before "
        "`np.exp`, take the largest of each row away.",
    ],
    insight="Not one answer has changed: only the confidence has. That costs one number, learned on validation digits.",
)
