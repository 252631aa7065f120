"""Models by name or path: NAME.onnx with its card NAME.json, and NAME.safetensors where torch needs it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from inpaint_cli.backends.card import ModelCard
from inpaint_cli.backends.onnx_file import MAX_BYTES, read_card
from inpaint_cli.choices import KINDS
from inpaint_cli.errors import ModelError

_PICKLED = frozenset({".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin"})


@dataclass(frozen=True)
class ModelFiles:
    """A model's card and the files that hold its weights; at least one of them is there."""

    card: ModelCard
    onnx: Path | None
    safetensors: Path | None

    def weights(self, backend: str) -> Path:
        """Return the file that a backend reads, `onnx` or `torch`. Raises ModelError where it isn't there."""
        if backend == "torch":
            if self.safetensors is None:
                raise ModelError(f"{self.card.name}: no .safetensors file is there; use --backend onnx")
            return self.safetensors
        if self.onnx is None:
            raise ModelError(f"{self.card.name}: no .onnx file is there; export it or use --backend torch")
        return self.onnx


def model_folders() -> list[Path]:
    """Return where named models are looked for: in the installed package, then in the checkout."""
    package = Path(__file__).parents[1]
    return [folder for folder in (package / "models", package.parent / "models") if folder.is_dir()]


def find_model(
    model: str | Path, *, folders: list[Path] | None = None, kinds: Collection[str] = KINDS
) -> ModelFiles:
    """Find a model by its name, or by the path of its ONNX or safetensors file.

    kinds: those that are of use; a model of another kind is refused, and not named among the choices.
    Raises ModelError for one that is not there, can't be read or is of another kind.
    """
    path = Path(model)
    if isinstance(model, str) and len(path.parts) == 1:
        known = _named(model_folders() if folders is None else folders)
        if not path.suffix and model not in known:
            useful = (name for name, files in _readable(known, {}).items() if files.card.kind in kinds)
            names = ", ".join(useful) or "none"
            raise ModelError(
                f"no model is called {model!r}; there are: {names} (or give an .onnx file's path)"
            )
        path = known.get(model, path)
    found = _at(path)
    if found.card.kind not in kinds:
        raise ModelError(
            f"{model}: is a model of the kind {found.card.kind}; needed is one of: {', '.join(kinds)}"
        )
    return found


def list_models(
    *, folders: list[Path] | None = None, damaged: dict[Path, str] | None = None
) -> list[ModelFiles]:
    """Return every named model, in the order of their names.

    damaged: takes those that can't be read, with the reason; without it such a model raises ModelError.
    """
    return list(_readable(_named(model_folders() if folders is None else folders), damaged).values())


def read_model_file(path: Path) -> bytes:
    """Read a model file whole. Raises ModelError for one that can't be read or is larger than MAX_BYTES."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path}: larger than {MAX_BYTES >> 20} MiB, no model of ours is")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror or error})") from error


def _named(folders: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.onnx")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def _readable(named: Mapping[str, Path], damaged: dict[Path, str] | None) -> dict[str, ModelFiles]:
    """Read the models by name; see `list_models` for `damaged`."""
    found: dict[str, ModelFiles] = {}
    for name, path in named.items():
        try:
            found[name] = _at(path)
        except ModelError as error:
            if damaged is None:
                raise
            damaged[path] = str(error)
    return found


def _at(path: Path) -> ModelFiles:
    if path.suffix.lower() in _PICKLED:
        raise ModelError(
            f"{path}: pickled checkpoints are refused, because loading one can run any code; "
            "give an .onnx file, made with `inpaint-cli export`"
        )
    if path.suffix not in (".onnx", ".safetensors"):
        raise ModelError(f"{path}: not an .onnx or .safetensors file, nor a name from `inpaint-cli models`")
    if not path.is_file():
        raise ModelError(f"{path}: there is no such model file")
    onnx, safetensors = path.with_suffix(".onnx"), path.with_suffix(".safetensors")
    return ModelFiles(
        card=_card(path),
        onnx=onnx if onnx.is_file() else None,
        safetensors=safetensors if safetensors.is_file() else None,
    )


def _card(path: Path) -> ModelCard:
    """Read the card inside an ONNX file; a safetensors file alone has it beside itself."""
    onnx = path.with_suffix(".onnx")
    if onnx.is_file():
        return read_card(read_model_file(onnx), source=str(onnx))
    beside = path.with_suffix(".json")
    if not beside.is_file():
        raise ModelError(f"{path}: its card {beside.name} is missing; export the model again")
    return ModelCard.from_json(read_model_file(beside), source=str(beside))
