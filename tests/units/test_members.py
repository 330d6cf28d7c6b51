"""`recognition.members`: stored opinions; and the benchmark that weighs them."""

import importlib.util

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from course_utils.data import digits
from course_utils.recognition import ensemble, members, store
from course_utils.runtime import repository

FEW = digits.load().train[:300]

# -- made-up opinions ------------------------------------------------------------------------------


def opinions(seed: int, rows: np.ndarray, strengths) -> np.ndarray:
    """Probabilities (members, n, 10) of readers with these strengths."""
    rng, labels = np.random.default_rng(seed), digits.load_all().labels[rows]
    logits = rng.normal(size=(len(strengths), len(rows), 10))
    logits[:, np.arange(len(rows)), labels] += np.asarray(strengths, float)[:, None]
    shares = np.exp(logits)
    return shares / shares.sum(axis=2, keepdims=True)


STRENGTHS = np.linspace(2, 5, len(members.ALL))


def made_up(shuffles: int = 3, count: int = 120) -> dict[str, np.ndarray]:
    """What `measure` would return, of readers that grow stronger in the order of `ALL`."""
    arrays = {
        "members": np.array(members.ALL),
        "splits": np.array(["by writer", *(f"random {i}" for i in range(shuffles))]),
    }
    for number in range(shuffles + 1):
        rows = np.random.default_rng(number).permutation(1797)[: 2 * count]
        for part, of_part in (("validation", rows[:count]), ("test", rows[count:])):
            arrays[f"{number}_{part}"] = np.log(opinions(number, of_part, STRENGTHS)).astype(np.float16)
            arrays[f"{number}_{part}_rows"] = of_part.astype(np.int16)
    return arrays


ARRAYS = made_up()

# -- reading ---------------------------------------------------------------------------------------


def test_reading_gives_members_in_the_order_asked_for():
    validation, test = members.read(ARRAYS, ("naive Bayes", "CNN"), "random 2")
    assert validation.names == ("naive Bayes", "CNN")
    assert validation.probabilities.shape == test.probabilities.shape == (2, 120, 10)
    expected = opinions(3, ARRAYS["3_test_rows"], STRENGTHS)
    np.testing.assert_allclose(
        test.probabilities[0], members.read(ARRAYS, members.ALL, "random 2").test.probabilities[9]
    )
    rows = np.random.default_rng(3).permutation(1797)[:120]
    np.testing.assert_allclose(validation.probabilities[1], opinions(3, rows, STRENGTHS)[0], rtol=5e-3)
    assert not np.allclose(expected[0], expected[9])


def test_opinions_belong_to_their_digits():
    for split in ARRAYS["splits"]:
        for part in members.read(ARRAYS, members.MEMBERS, str(split)):
            everyone = digits.load_all()
            np.testing.assert_array_equal(part.images, everyone.images[part.rows])
            np.testing.assert_array_equal(part.labels, everyone.labels[part.rows])
            assert (part.images.shape, part.labels.shape) == ((120, 8, 8, 1), (120,))


def test_half_precision_of_logarithms_costs_no_score():
    rows = np.arange(1000)
    exact = opinions(0, rows, np.linspace(0, 12, 10))
    logs = np.log(np.maximum(exact, ensemble.FLOOR)).astype(np.float16)
    part = members._opinions(members.ALL, logs, rows)
    np.testing.assert_allclose(part.probabilities.sum(axis=2), 1, atol=1e-12)
    for score in (ensemble.log_loss, ensemble.brier):
        np.testing.assert_allclose(score(part.probabilities, part.labels), score(exact, part.labels), atol=1e-4)
    changed = part.probabilities.argmax(axis=2) != exact.argmax(axis=2)
    second, first = np.sort(exact, axis=2)[changed][:, -2:].T
    assert changed.mean() < 1e-3 and (second > 0.995 * first).all(), "only a toss-up can turn"


@pytest.mark.parametrize(
    ("names", "split", "message"),
    [
        (("CNN", "LSTM"), "by writer", "no member 'LSTM'; there are 'CNN', 'RNN'"),
        ("SVN", "by writer", "no member 'SVN'"),
        ((), "by writer", "no member without a name"),
        (members.MEMBERS, "random 5", "no split 'random 5'; there are 'by writer' to 'random 2'"),
        (members.MEMBERS, 0, "no split 0"),
        (None, "by writer", "names is None; give one of 'CNN', 'RNN'"),
        (5, "by writer", "names is 5"),
        ((5,), "by writer", "no member 5"),
        (members.MEMBERS, np.array(["by writer", "random 0"]), "no split array"),
    ],
)
def test_what_nobody_stored(names, split, message):
    with pytest.raises(ValueError, match=message):
        members.read(ARRAYS, names, split)


def test_one_name_is_a_committee_of_one():
    assert members.read(ARRAYS, "CNN").test.names == ("CNN",)


def test_committees_are_made_of_all():
    for names in (members.MEMBERS, members.STRONG, members.EQUALS, members.WEAK):
        assert set(names) <= set(members.ALL)
    assert len(set(members.ALL)) == len(members.ALL) == 10


# -- making ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in members.ALL if "NN" not in name])
def test_models_learn_the_digits_they_are_given(name):
    validation = digits.load().validation
    probabilities = members._fit(name, FEW, seed=0, epochs=None)(validation.images)
    assert ensemble.errors(probabilities, validation.labels) < len(validation) / 2
    alone = members._fit(name, FEW, seed=0, epochs=None)(validation.images[:5])
    np.testing.assert_allclose(alone, probabilities[:5], atol=1e-6)


@pytest.mark.keras
def test_an_interrupted_measurement_goes_on(keras, tmp_path, monkeypatch):
    fitted = []

    def fit(name, train, seed, epochs):
        if len(fitted) == stop:
            raise KeyboardInterrupt
        fitted.append((name, len(train), seed, epochs))
        return lambda images: opinions(seed, np.arange(len(images)), [members.ALL.index(name)])[0]

    monkeypatch.setattr(members, "_fit", fit)
    keep, stop = tmp_path / "keep", 15
    with pytest.raises(KeyboardInterrupt):
        members.measure(4, shuffles=2, epochs=3, keep=keep)
    assert [path.name for path in keep.rglob("*.npz")] == ["0.npz"]

    stop = None
    arrays = members.measure(4, shuffles=2, epochs=3, keep=keep)
    assert [name for name, *_ in fitted] == [*members.ALL, *members.ALL[:5], *members.ALL, *members.ALL]
    assert [seed for _, _, seed, _ in fitted] == [4] * 10 + [7] * 5 + [7] * 10 + [10] * 10
    assert {(size, epochs) for _, size, _, epochs in fitted} == {(1029, 3), (1078, 3)}
    assert not keep.exists()

    in_one_go = members.measure(4, shuffles=2, epochs=3)
    assert arrays.keys() == in_one_go.keys()
    for key, array in in_one_go.items():
        np.testing.assert_array_equal(arrays[key], array)
    split = digits.load("random", seed=1)
    parts = members.read(arrays, members.ALL, "random 1")
    for kept, part in zip(parts, (split.validation, split.test), strict=True):
        np.testing.assert_array_equal(kept.images, part.images)
        np.testing.assert_array_equal(kept.labels, part.labels)
        said = opinions(10, np.arange(len(part)), [members.ALL.index("MLP")])[0]
        np.testing.assert_allclose(kept.probabilities[members.ALL.index("MLP")], said, rtol=0.01)


@pytest.mark.keras
def test_other_arguments_begin_anew(keras):
    words = {members._fingerprint(seed, epochs) for seed, epochs in ((0, None), (1, None), (0, 2))}
    assert len(words) == 3 and members._fingerprint(0, None) in words


# -- the stored file; test_cnn.py holds that it is there --------------------------------------------

STORED = store.folder() / "members.npz"
stored = pytest.mark.skipif(not STORED.is_file(), reason="`course train members` has not been run yet")


@stored
def test_the_stored_opinions_are_those_of_readers():
    assert STORED.stat().st_size < 4_000_000
    arrays = store.load("members")
    assert arrays["members"].tolist() == list(members.ALL)
    assert arrays["splits"].tolist() == ["by writer", *(f"random {i}" for i in range(20))]
    split = digits.load()
    for kept, part in zip(members.load(members.ALL), (split.validation, split.test), strict=True):
        np.testing.assert_array_equal(kept.images, part.images)
        wrong = dict(zip(members.ALL, ensemble.errors(kept.probabilities, kept.labels), strict=True))
        assert max(wrong[name] for name in members.EQUALS) < min(wrong[name] for name in members.WEAK)
        assert max(wrong[name] for name in members.MEMBERS) < 0.15 * len(part)


# -- the benchmark ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def benchmark():
    path = repository() / "benchmarks" / "mean_or_weighted.py"
    spec = importlib.util.spec_from_file_location("mean_or_weighted", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHUFFLES = [members.read(ARRAYS, members.ALL, f"random {i}") for i in range(3)]


def test_differences_by_hand(benchmark):
    """−3, −1, −1, 0, 0: mean −1, variance 1.5; Student's 97.5 % point with four degrees of freedom is 2.776."""
    found = benchmark.compare(np.array([-3.0, -1, -1, 0, 0]), test=100, train=300)
    assert (found.wins, found.ties, found.losses) == (3, 2, 0)
    for interval, reach in (
        (found.plain, 2.776 * np.sqrt(1.5 / 5)),
        (found.corrected, 2.776 * np.sqrt(1.5 * (1 / 5 + 1 / 3))),
    ):
        assert interval == pytest.approx((-1, -1 - reach, -1 + reach), rel=1e-3)
    assert found.verdict == "no difference shown"


def test_the_plain_interval_is_that_of_scipy(benchmark):
    from scipy.stats import ttest_1samp

    differences = np.random.default_rng(0).normal(1, 1, 20)
    plain, corrected = benchmark.compare(differences, test=360)[:2]
    assert (plain.low, plain.high) == pytest.approx(tuple(ttest_1samp(differences, 0).confidence_interval()))
    assert corrected.high - corrected.mean == pytest.approx((plain.high - plain.mean) * np.sqrt(1 + 20 * 360 / 1078))


@pytest.mark.parametrize(("shift", "verdict"), [(-5, "better"), (0, "no difference shown"), (5, "worse")])
def test_verdicts(benchmark, shift, verdict):
    assert benchmark.compare(np.tile([-1.0, 1], 10) + shift, test=360).verdict == verdict


def test_rounding_is_a_tie(benchmark):
    found = benchmark.compare(np.array([1e-15, -1e-15, 0.1]), test=360)
    assert (found.wins, found.ties, found.losses) == (0, 2, 1)


@pytest.fixture(scope="module")
def scores(benchmark):
    with threadpool_limits(1):
        return benchmark.score_all(SHUFFLES)


def test_every_way_is_scored_on_the_test_digits(benchmark, scores):
    assert set(scores) == set(benchmark.WAYS) and all(values.shape == (3, 2) for values in scores.values())
    for number, parts in enumerate(SHUFFLES):
        joined = parts.test.probabilities.mean(axis=0)
        assert scores["plain mean"][number, 0] == (joined.argmax(axis=1) != parts.test.labels).sum()
        assert scores["plain mean"][number, 1] == pytest.approx(ensemble.log_loss(joined, parts.test.labels))
        best = parts.test.probabilities[
            ensemble.log_loss(parts.validation.probabilities, parts.validation.labels).argmin()
        ]
        weights = ensemble.weights_by_log_loss(parts.validation.probabilities, parts.validation.labels)
        joined = ensemble.mean(parts.test.probabilities, weights)
        surprise = ensemble.log_loss(joined, parts.test.labels)
        assert scores["weights by log-loss"][number, 1] == pytest.approx(surprise, rel=1e-6)
        assert scores["best member"][number, 0] == ensemble.errors(best, parts.test.labels)
        assert scores["mean, with temperature"][number, 0] == scores["plain mean"][number, 0]


def test_where_members_differ_that_much_weights_pay(scores):
    for way in ("weights by log-loss", "weights by log-loss, ridge"):
        assert (scores[way][:, 1] < scores["plain mean"][:, 1]).all()


def test_ridge_is_chosen_within_the_digits_given(benchmark):
    parts = SHUFFLES[0].validation
    chosen = benchmark.by_ridge(parts.probabilities, parts.labels)
    all_ridges = [ensemble.weights_by_log_loss(parts.probabilities, parts.labels, ridge) for ridge in benchmark.RIDGES]
    assert any(np.array_equal(chosen, weights) for weights in all_ridges)
    losses = [benchmark.cross_validated(parts.probabilities, parts.labels, ridge) for ridge in benchmark.RIDGES]
    assert np.array_equal(chosen, all_ridges[int(np.argmin(losses))])
    fitted = ensemble.log_loss(ensemble.mean(parts.probabilities, all_ridges[3]), parts.labels)
    assert losses[3] > fitted + 5e-4, "unseen fifths are dearer than those that chose the weights"


def test_the_whole_benchmark_prints_every_way_and_the_trap(benchmark, monkeypatch, capsys):
    monkeypatch.setattr(store, "load", lambda name: {"members": ARRAYS}[name])
    monkeypatch.setattr("sys.argv", ["mean_or_weighted.py"])
    monkeypatch.setattr(benchmark, "RIDGES", (0.01, 1.0))  # quicker
    benchmark.main()
    out = capsys.readouterr().out
    for title in benchmark.COMMITTEES:
        assert f"\n{title}: " in out
    assert out.count("weights by accuracy") == 4 * len(benchmark.COMMITTEES)
    trap = out[out.index("the trap") :].splitlines()
    honest, flattered = (float(line.split()[-1]) for line in trap[2:4])
    assert flattered < honest, "weights tuned on the test digits are the best there, by construction"
    assert trap[5].split()[:3] == ["flattery", "in", "log-loss"] and float(trap[5].split()[3]) < 0
