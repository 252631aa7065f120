"""The bytes of an ONNX file: its card, the digest of its graph, and what is refused in files of strangers.

An ONNX file is a protobuf message, read here by hand: the onnx package is no runtime dependency, and what
is refused must be known before onnxruntime sees the file. Field numbers are those of onnx.proto3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from inpaint_cli.backends.card import CARD_KEY, ModelCard
from inpaint_cli.errors import ModelError

MAX_BYTES = 512 * 1024 * 1024
ALLOWED_DOMAINS = frozenset({"", "ai.onnx", "com.microsoft"})
"""Operators that onnxruntime has built in; any other domain would need a library of its own."""

_ENDLESS = frozenset({"Loop"})
"""Operators that a file of a stranger could keep a run in for ever."""

_MODEL_GRAPH, _MODEL_METADATA, _MODEL_FUNCTIONS = 7, 14, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_FUNCTION_NODE = 7
_NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES = 22, 23
_SPARSE_VALUES, _SPARSE_INDICES = 1, 2
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14
_ENTRY_KEY, _ENTRY_VALUE = 1, 2

_MAX_NESTING = 16

Field = tuple[int, int | memoryview]


class _Malformed(ValueError):
    """The bytes are no protobuf message."""


def read_card(data: bytes, *, source: str) -> ModelCard:
    """Check an ONNX file and return its card.

    Raises ModelError where the file is damaged, has no card, doesn't match its card's sha256, keeps weights
    outside itself or needs operators that are not built in.
    """
    if data[:2] == b"PK" or data[:1] == b"\x80":
        raise ModelError(
            f"{source}: a pickled checkpoint, refused because loading one can run any code; "
            "make an ONNX file of it with `inpaint-cli export`"
        )
    try:
        _refuse_strangers(memoryview(data), source)
        card_text = _metadata(memoryview(data)).get(CARD_KEY)
        digest = graph_digest(data)
    except (_Malformed, UnicodeDecodeError) as error:
        raise ModelError(f"{source}: not a whole ONNX file (empty, truncated or damaged)") from error
    if card_text is None:
        raise ModelError(f"{source}: no model card inside; export it again with `inpaint-cli export`")
    card = ModelCard.from_json(card_text, source=source)
    if card.sha256 != digest:
        raise ModelError(f"{source}: doesn't match its card's sha256; the file is damaged or altered")
    return card


def graph_digest(data: bytes) -> str:
    """Return the sha256 of the serialised graph, which the card inside the same file doesn't change.

    Raises ValueError for what is no whole ONNX file.
    """
    graphs = [value for number, value in _fields(memoryview(data)) if number == _MODEL_GRAPH]
    if len(graphs) != 1 or not isinstance(graphs[0], memoryview):
        raise _Malformed
    return hashlib.sha256(graphs[0]).hexdigest()


def embed_card(data: bytes, card: ModelCard) -> tuple[bytes, ModelCard]:
    """Put the card into the metadata of a serialised ONNX model, in place of one that is there.

    Returns the new file's bytes and the card with the graph's sha256, to be written beside it as NAME.json.
    Raises ModelError for what is no whole ONNX file.
    """
    try:
        stamped = card.with_sha256(graph_digest(data))
        kept = [
            _encode(number, value)
            for number, value in _fields(memoryview(data))
            if not (number == _MODEL_METADATA and _entry(value)[0] == CARD_KEY)
        ]
    except (_Malformed, UnicodeDecodeError) as error:
        raise ModelError("not a whole ONNX file (empty, truncated or damaged)") from error
    key, text = CARD_KEY.encode(), stamped.to_json().encode()
    entry = _encode(_ENTRY_KEY, memoryview(key)) + _encode(_ENTRY_VALUE, memoryview(text))
    return b"".join([*kept, _encode(_MODEL_METADATA, memoryview(entry))]), stamped


def _refuse_strangers(model: memoryview, source: str) -> None:
    for number, value in _fields(model):
        if number == _MODEL_GRAPH:
            _check_graph(value, source, depth=0)
        elif number == _MODEL_FUNCTIONS:
            for inner, node in _fields(value):
                if inner == _FUNCTION_NODE:
                    _check_node(node, source, depth=0)


def _check_graph(graph: int | memoryview, source: str, depth: int) -> None:
    if depth > _MAX_NESTING:
        raise ModelError(f"{source}: graphs nested too deeply")
    for number, value in _fields(graph):
        if number == _GRAPH_NODE:
            _check_node(value, source, depth)
        elif number == _GRAPH_INITIALIZER:
            _check_tensor(value, source)
        elif number == _GRAPH_SPARSE:
            _check_sparse(value, source)


def _check_node(node: int | memoryview, source: str, depth: int) -> None:
    for number, value in _fields(node):
        if number == _NODE_DOMAIN:
            domain = _text(value)
            if domain not in ALLOWED_DOMAINS:
                raise ModelError(f"{source}: needs operators of {domain!r}; only built-in operators are run")
        elif number == _NODE_OPERATOR and _text(value) in _ENDLESS:
            raise ModelError(f"{source}: needs the operator {_text(value)}, which may never end")
        elif number == _NODE_ATTRIBUTE:
            _check_attribute(value, source, depth)


def _check_attribute(attribute: int | memoryview, source: str, depth: int) -> None:
    for number, value in _fields(attribute):
        if number in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
            _check_tensor(value, source)
        elif number in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
            _check_graph(value, source, depth + 1)
        elif number in (_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES):
            _check_sparse(value, source)


def _check_sparse(sparse: int | memoryview, source: str) -> None:
    for number, value in _fields(sparse):
        if number in (_SPARSE_VALUES, _SPARSE_INDICES):
            _check_tensor(value, source)


def _check_tensor(tensor: int | memoryview, source: str) -> None:
    for number, value in _fields(tensor):
        if number == _TENSOR_EXTERNAL_DATA or (number == _TENSOR_DATA_LOCATION and value != 0):
            raise ModelError(f"{source}: keeps weights in another file; only embedded weights are read")


def _metadata(model: memoryview) -> dict[str, str]:
    return dict(_entry(value) for number, value in _fields(model) if number == _MODEL_METADATA)


def _entry(value: int | memoryview) -> tuple[str, str]:
    texts = {number: _text(text) for number, text in _fields(value)}
    return texts.get(_ENTRY_KEY, ""), texts.get(_ENTRY_VALUE, "")


def _text(value: int | memoryview) -> str:
    if not isinstance(value, memoryview):
        raise _Malformed
    return str(value, "utf-8")


def _fields(message: int | memoryview) -> Iterator[Field]:
    """Walk over one protobuf message: (field number, varint or bytes)."""
    if not isinstance(message, memoryview):
        raise _Malformed
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise _Malformed
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(message, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise _Malformed
        if at + size > end:
            raise _Malformed
        # A fixed-width number is none of the fields that are looked at; its bytes stand in for it.
        yield number, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise _Malformed
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Malformed


def _encode(number: int, value: int | memoryview) -> bytes:
    """Write one field back; a model's own fields are varints and bytes only."""
    if isinstance(value, int):
        return _encode_varint(number << 3) + _encode_varint(value)
    return _encode_varint(number << 3 | 2) + _encode_varint(len(value)) + bytes(value)


def _encode_varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
