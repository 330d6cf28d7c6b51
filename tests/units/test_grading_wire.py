"""Only plain data crosses between the grader and a student's process."""

import json
import socket
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from course_utils.exercises.words import a
from course_utils.grading import wire
from course_utils.grading.models import demand_plain_keras
from course_utils.grading.students import Ended, NotStarted, Student
from course_utils.grading.wire import Channel, Closed, Malformed, decode, encode


def crossed(value):
    return decode(json.loads(json.dumps(encode(value))))


@pytest.mark.parametrize("value", [None, True, False, 0, -3, 10**200, 1.5, "größer", [1, (2, [3.5])], (), []], ids=repr)
def test_plain_values_cross_unchanged(value):
    assert crossed(value) == value and type(crossed(value)) is type(value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_special_numbers_cross(value):
    assert np.array_equal(crossed(float(value)), value, equal_nan=True)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.int64, np.float16, np.float32, np.float64, ">f4"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 1, 4)])
def test_arrays_cross_unchanged(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    after = crossed(array)
    assert type(after) is np.ndarray and after.shape == shape and after.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(after, array)


def test_the_layout_crosses_too():
    array = np.arange(40.0).reshape(5, 8)[::2, ::-1]
    after = crossed(array)
    assert np.array_equal(after, array) and not after.flags.c_contiguous
    assert [stride < 0 for stride in after.strides] == [False, True]


def test_a_layout_with_many_axes_takes_little_room():
    """Each axis doubles the room of an array that is laid out with gaps."""
    values = np.arange(100_000, dtype=np.uint8)[::2][(..., *[None] * 12)]
    after = crossed([values, values[:4]])
    assert all(np.array_equal(*pair) for pair in zip(after, [values, values[:4]], strict=True))
    rooms = [(each if each.base is None else each.base).size for each in after]
    assert rooms[0] == values.size and values[:4].size < rooms[1] < wire.MOST_NUMBERS  # there was room for this one


def test_scalars_of_numpy_stay_scalars():
    assert type(crossed(np.float32(2))) is np.float32 and type(crossed(np.bool_(True))) is np.bool_


def test_a_generator_crosses_with_its_state():
    rng = np.random.default_rng(3)
    rng.random(5)
    assert np.array_equal(crossed(rng).random(4), rng.random(4))


class EqualToAll:
    def __eq__(self, other):
        return True

    __hash__ = None


class Odd(np.ndarray):
    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (EqualToAll(), "an EqualToAll"),
        ({"a": 1}, "a dictionary"),
        (Fraction(1, 2), "a Fraction"),
        (lambda: 0, "a function"),
        ({1}, "a set"),
        (1j, "a complex"),
        (np.zeros(10**6 + 1, np.uint8), "an array of more than 1,000,000 numbers"),
    ],
)
def test_of_other_objects_only_the_kind_crosses(value, told):
    after = crossed(value)
    assert a(after) == told and type(after).__bases__ == (wire.Foreign,)


def test_a_subclass_of_array_crosses_as_array():
    assert type(crossed(np.zeros(3).view(Odd))) is np.ndarray


def test_an_array_of_objects_crosses_as_its_kind():
    assert crossed(np.array([EqualToAll()])).dtype.kind == "O"
    assert crossed(np.array(["text"])).dtype.kind == "U"


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        [1],
        10**400,
        {"list": 3},
        {"real": "much"},
        {"bytes": "AAAA", "dtype": "<f8", "shape": [1]},
        {"bytes": "AAAAAAAAAAA=", "dtype": "|O", "shape": [1]},
        {"bytes": "AAAAAAAAAAA=", "dtype": "O", "shape": [1]},
        {"bytes": "", "dtype": "<f8", "shape": [10**9, 10**9]},
        {"bytes": "", "dtype": "<f8", "shape": [-1, 0]},
        {"bytes": "Ag==", "dtype": "|b1", "shape": [1]},
        {"bytes": "!", "dtype": "<f8", "shape": []},
        {"generator": {"bit_generator": "exec"}},
        {"generator": {"bit_generator": "PCG64", "state": "none"}},
        {"generator": 7},
        {"list": [{"list": [1] * 60_000}] * 3},
    ],
    ids=lambda content: str(content)[:50],
)
def test_what_is_no_value_is_malformed(content):
    with pytest.raises(Malformed):
        decode(content)


def test_functions_and_methods_cross_as_numbers_to_be_called_by():
    class Game:
        def painting(self):
            return 1

    kept = []
    content = [encode(value, lambda f: kept.append(f) or len(kept) - 1) for value in (abs, Game())]
    function, game = (decode(part, kept.__getitem__) for part in json.loads(json.dumps(content)))
    assert function(-3) == 3 and game.painting() == 1
    assert a(decode(content[0])) == a(decode(content[1])) == "an object"  # nobody has allowed it


def test_texts_in_lists_and_many_arrays_take_little_room():
    assert np.asarray(crossed(["x" * 9000, *"y" * 9000])).nbytes < 10**6
    array = encode(np.zeros(400_000, bool))
    with pytest.raises(Malformed):
        decode({"list": [array] * 3})


def test_too_deep_a_value_is_malformed():
    content = 1
    for _ in range(50):
        content = {"list": [content]}
    with pytest.raises(Malformed):
        decode(content)
    value = [1]
    for _ in range(50):
        value = [value]
    value = crossed(value)
    while isinstance(value, list):
        (value,) = value
    assert a(value) == "a list" and not isinstance(value, list)


# The channel


@pytest.fixture
def pair():
    one, other = socket.socketpair()
    with one, other:
        yield Channel(one), other


@pytest.mark.parametrize("sent", [b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\1{", b"\0\0\0\1\xff"])
def test_noise_is_malformed(pair, sent):
    channel, other = pair
    other.sendall(sent)
    with pytest.raises(Malformed):
        channel.receive()


def test_a_deeply_nested_message_is_malformed(pair):
    channel, other = pair
    text = b"[" * 100_000
    threading.Thread(target=lambda: other.sendall(len(text).to_bytes(4) + text), daemon=True).start()
    with pytest.raises(Malformed):
        channel.receive()


def test_silence_ends_at_the_deadline_also_when_it_drips(pair):
    channel, other = pair
    other.sendall(b"\0\0\1\0")
    stop = threading.Event()

    def drip():
        while not stop.wait(0.02):
            other.send(b" ")

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    channel.deadline = time.monotonic() + 0.2
    with pytest.raises(Closed) as closed:
        channel.receive()
    stop.set()
    dripping.join()
    assert closed.value.late


def test_a_closed_end_is_told(pair):
    channel, other = pair
    other.close()
    with pytest.raises(Closed) as closed:
        channel.receive()
    assert not closed.value.late


def test_a_message_too_large_is_not_sent(pair, monkeypatch):
    monkeypatch.setattr(wire, "LARGEST", 100)
    with pytest.raises(Malformed):
        pair[0].send({"text": "x" * 100})


# Configurations of Keras models


def layer(name, module="keras.layers", **config):
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def test_layers_of_keras_may_be_built():
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
    demand_plain_keras(layer("Sequential", "keras", layers=[layer("Dense", units=3, dtype=policy)]))


@pytest.mark.parametrize(
    "inner",
    [
        layer("system", "os"),
        layer("Lambda", function="x"),
        layer("TFSMLayer", filepath="/etc"),
        layer("get_file", "keras.utils"),
        layer("enable_unsafe_deserialization", "keras.config"),
        layer("enable_unsafe_deserialization", "keras"),
        layer("Mine", None),
        layer("Mine", ["keras"]),
        layer("function", "builtins"),
        layer("deserialize", "keras.layers"),
        layer("get", "keras.initializers"),
        layer(["Dense"], "keras.layers"),
    ],
    ids=lambda inner: str(inner["class_name"]),
)
def test_nothing_else_may_be_built(inner):
    with pytest.raises(ValueError, match="it uses"):
        demand_plain_keras(layer("Sequential", "keras", layers=[layer("Dense", activation=inner)]))


def test_a_fault_of_the_graders_in_building_a_model_is_no_answer_of_the_students():
    """A check makes a verdict of whatever its call does; so the fault is told when the student is let go."""

    class Broken:
        def fork(self):
            raise NotStarted("no process")

    (leash, other), (talk, another) = socket.socketpair(), socket.socketpair()
    with other, another, pytest.raises(NotStarted, match="no process"), Student(leash, talk, Broken()) as student:
        other.close()
        with pytest.raises(Ended):
            student._model(json.dumps(layer("Sequential", "keras", layers=[])))
