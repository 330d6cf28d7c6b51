"""Write the README's pictures, `docs/*`, from the outputs of the lessons, so that they show what lessons show."""

import base64
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = {  # file without its ending: the lesson and words from the source of the cell
    "pad": ("00_start_here", "explore.drawing_pad()"),
    "hands": ("03_honest_score", "whose hand it knows decides"),
    "page": ("01_convolution_basics", "The nine strongest answers"),
    "cliff": ("02_digits_cnn", "The one-pixel cliff"),
    "river": ("04_rnn_classifier", "what the network believes so far"),
    "ages": ("06_gan", "Nobody wrote these"),
    "endings": ("07_rnn_writer", "twelve ways to end it"),
    "pairs": ("05_ensemble_averaging", "The less alike two members err"),
}
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg"}


def picture(lesson: str, words: str) -> tuple[str, bytes]:
    """Ending and bytes of the first picture that the cell with these words put out."""
    notebook = json.loads((ROOT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if words in "".join(cell["source"]):
            for output in cell.get("outputs", []):
                for kind, ending in ENDINGS.items():
                    if kind in output.get("data", {}):
                        return ending, base64.b64decode("".join(output["data"][kind]))
    raise SystemExit(f"No cell of lesson {lesson} with the words {words!r} shows a picture; mend tools/pictures.py.")


def main() -> None:
    for name, where in PICTURES.items():
        ending, content = picture(*where)
        path = ROOT / "docs" / (name + ending)
        temporary = path.with_suffix(".new")
        temporary.write_bytes(content)
        temporary.replace(path)
        print(f"✓ docs/{path.name}  {len(content):,} bytes")


if __name__ == "__main__":
    main()
