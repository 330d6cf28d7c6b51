"""The form of a verdict, `verdict.schema.json`, and the check of it."""

import json
from functools import cache
from pathlib import Path

__all__ = ["complaint"]


@cache
def _validator():
    from jsonschema import Draft202012Validator  # Jupyter brings it

    text = (Path(__file__).parent / "verdict.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def complaint(verdict: object) -> str:
    """What is wrong with the form of `verdict`, or ""."""
    flaw = next(iter(_validator().iter_errors(verdict)), None)
    if flaw is not None:
        place = "".join(f"[{step!r}]" for step in flaw.absolute_path)
        return f"verdict{place}: {flaw.message[:300]}"
    if verdict["points"] != sum(entry["points"] for entry in verdict["exercises"]):
        return "verdict['points'] is not the sum of the exercises' points"
    wrong = [entry["name"] for entry in verdict["exercises"] if (entry["status"] == "correct") != entry["points"]]
    return f"{wrong[0]} has points that do not go with its status" if wrong else ""
