"""A Keras model of a student's, as the grader sees it: of its configuration, and of nothing that it says of itself."""

from course_utils.grading.wire import word

__all__ = ["Model", "demand_plain_keras"]

KERAS_MODULES = {
    "keras": {"DTypePolicy", "Functional", "Model", "Sequential"},
    "keras.src.models.functional": {"Functional"},
    "keras.src.models.model": {"Functional", "Model"},
    "keras.src.models.sequential": {"Sequential"},
    "keras.constraints": None,
    "keras.initializers": None,
    "keras.layers": None,
    "keras.regularizers": None,
}
IN_CONFIGURATIONS = ("__tuple__", "__keras_tensor__")
FOREIGN_CODE = ("function", "FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper")


def demand_plain_keras(part: object) -> None:
    """Errors: `ValueError` when a configuration names anything but Keras's own layers and what they are made of."""
    if isinstance(part, dict):
        name, module = part.get("class_name", "__tuple__"), part.get("module")
        allowed = KERAS_MODULES.get(module, ()) if isinstance(module, str) else IN_CONFIGURATIONS
        if name in FOREIGN_CODE or not _is_allowed(name, allowed):
            raise ValueError(f"it uses {str(name)[:80]} of {str(module)[:80]}")
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        demand_plain_keras(inner)


def _is_allowed(name: object, allowed: set[str] | tuple[str, ...] | None) -> bool:
    """Where all of a module's classes are allowed, its functions are not: they begin with a small letter."""
    return name in allowed if allowed is not None else isinstance(name, str) and name[:1].isupper()


class Model:
    """What an exercise reads of a Keras model: shapes, the number of parameters, layers with their activations."""

    def __init__(self, told: dict) -> None:
        self.input_shape, self.output_shape = (
            None if told[name] is None else tuple(told[name]) for name in ("input_shape", "output_shape")
        )
        self._parameters = told["parameters"]
        self.layers = [_layer(layer) for layer in told["layers"]]

    def count_params(self) -> int:
        return self._parameters


def _layer(told: dict) -> object:
    if "layers" in told:
        return Model(told)
    activation = told["activation"]
    bends = type(word(activation), (), {}) if activation else None
    return type(word(told["kind"]), (), {"activation": bends} if bends else {})()
