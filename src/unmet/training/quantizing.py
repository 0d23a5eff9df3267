"""fp32 graph → 8-bit graph in which a text's result does not depend on its neighbours.

ONNX Runtime's dynamic quantisation takes one activation scale for a whole batch, so that a loud neighbour
makes a text's numbers coarser. Here every token has a scale of its own (as in LLM.int8(), Dettmers et al.
2022, and ZeroQuant, Yao et al. 2022):

    x ≈ s_row · (q − 128), q = round(x / s_row) + 128, s_row = max|x| / 127        8 bits, per token
    W ≈ s_col · Q, Q = round(W / s_col), s_col = max|W| / 63                        7 bits, per output
    x W ≈ s_row · s_col · Σ (q − 128) Q                                             summed as integers

Seven bits for weights: 255 · 63 · 2 fits 16 bits, so that processors without VNNI, which add products in
pairs at 16 bits, give the same sums. Embedding tables keep 8 bits and a scale per token.
Everything else (attention, normalisation, heads) stays in single precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

WEIGHT_LIMIT, ACTIVATION_LIMIT, ZERO = 63, 127, 128
OPSET = 21
"""First opset whose QuantizeLinear takes a scale per row of any tensor."""
MIN_TABLE_ROWS = 256
"""Tables of fewer rows (segments) are too small to be worth it."""
MIN_OUTPUTS = 64
"""Matrices of fewer outputs are heads, which stay exact."""
_TINY = np.float32(1e-12)


def quantize(model: ModelProto, *, matrices: bool = True) -> ModelProto:
    """A copy of the model with 8-bit matrices and tables.

    Args:
        model: exported with ``input_ids`` of shape ``(batch, tokens)``; matrices are constants
            ``(inputs, outputs)`` applied to activations ``(batch, tokens, inputs)``.
        matrices: otherwise only embedding tables.
    """
    import onnx

    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    _Quantizer(copied, matrices).run()
    onnx.checker.check_model(copied)
    return copied


class _Quantizer:
    def __init__(self, model: ModelProto, matrices: bool) -> None:
        from onnx import numpy_helper

        self._model, self._matrices = model, matrices
        self._to_array = numpy_helper.to_array
        self._from_array = numpy_helper.from_array
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self._nodes: list[NodeProto] = []
        self._constants: set[str] = set()
        self._replaced: set[str] = set()
        self._rows: dict[str, tuple[str, str]] = {}  # activation → its integers and scales

    def run(self) -> None:
        graph = self._model.graph
        self._add("Shape", ["input_ids"], "q_shape")
        for node in list(graph.node):
            weight = self._weights.get(node.input[1]) if node.op_type == "MatMul" else None
            table = self._weights.get(node.input[0]) if node.op_type == "Gather" else None
            if weight is not None and self._is_matrix(weight.dims):
                self._matmul(node)
            elif table is not None and len(table.dims) == 2 and table.dims[0] >= MIN_TABLE_ROWS:
                self._gather(node)
            else:
                self._nodes.append(node)
        still_read = {name for node in self._nodes for name in node.input}
        for name in self._replaced - still_read:
            graph.initializer.remove(self._weights[name])
        del graph.node[:]
        graph.node.extend(self._nodes)
        self._set_opsets()

    def _is_matrix(self, shape: Sequence[int]) -> bool:
        return self._matrices and len(shape) == 2 and shape[1] >= MIN_OUTPUTS

    def _set_opsets(self) -> None:
        from onnx import helper

        for entry in self._model.opset_import:
            if entry.domain in ("", "ai.onnx"):
                entry.version = max(entry.version, OPSET)
        domains = {entry.domain for entry in self._model.opset_import}
        if "com.microsoft" not in domains:
            self._model.opset_import.append(helper.make_opsetid("com.microsoft", 1))

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], name=f"{output}_node", **attributes))
        return output

    def _constant(self, name: str, value: Any) -> str:
        if name not in self._constants:
            self._model.graph.initializer.append(self._from_array(np.asarray(value), name))
            self._constants.add(name)
        return name

    def _columns(self, name: str, axis: int, limit: int) -> tuple[str, str]:
        """A weight as integers with one scale along the other axis."""
        if name not in self._replaced:
            values, scale = integers(self._to_array(self._weights[name]), axis, limit)
            self._constant(f"{name}_q", values)
            self._constant(f"{name}_scale", scale if axis == 1 else scale[0])
            self._replaced.add(name)
        return f"{name}_q", f"{name}_scale"

    def _gather(self, node: NodeProto) -> None:
        values, scale = self._columns(node.input[0], 1, ACTIVATION_LIMIT)
        out = node.output[0]
        whole = self._add("Gather", [values, node.input[1]], f"{out}_q", axis=0)
        real = self._add("Cast", [whole], f"{out}_float", to=1)
        scales = self._add("Gather", [scale, node.input[1]], f"{out}_scale", axis=0)
        self._add("Mul", [real, scales], out)

    def _matmul(self, node: NodeProto) -> None:
        activation, name, out = node.input[0], node.input[1], node.output[0]
        n_inputs, n_outputs = self._weights[name].dims
        values, scale = self._columns(name, 0, WEIGHT_LIMIT)
        rows, row_scale = self._quantized_rows(activation, n_inputs)
        zero, one = self._constant("q_zero", np.uint8(ZERO)), self._constant("q_one", np.float32(1))
        product = self._add(
            "MatMulIntegerToFloat", [rows, values, one, scale, zero], f"{out}_product", domain="com.microsoft"
        )
        real = self._add("Mul", [product, row_scale], f"{out}_real")
        width = self._constant(f"q_width_{n_outputs}", np.array([n_outputs], np.int64))
        shape = self._add("Concat", ["q_shape", width], f"{out}_shape", axis=0)
        self._add("Reshape", [real, shape], out)

    def _quantized_rows(self, name: str, width: int) -> tuple[str, str]:
        """Integers ``(batch · tokens, width)`` of an activation and its scales ``(batch · tokens, 1)``."""
        if name in self._rows:
            return self._rows[name]
        last = self._constant("q_last", np.array([-1], np.int64))
        flat_shape = self._constant(f"q_flat_{width}", np.array([-1, width], np.int64))
        flat = self._add("Reshape", [name, flat_shape], f"{name}_flat")
        size = self._add("Abs", [flat], f"{name}_size")
        largest = self._add("ReduceMax", [size, last], f"{name}_largest", keepdims=0)
        step = self._constant("q_step", np.float32(1 / ACTIVATION_LIMIT))
        exact = self._add("Mul", [largest, step], f"{name}_exact")
        scale = self._add("Max", [exact, self._constant("q_tiny", _TINY)], f"{name}_row_scale")
        count = self._add("Shape", [scale], f"{name}_count")
        zero = self._from_array(np.array([ZERO], np.uint8), "value")
        zeros = self._add("ConstantOfShape", [count], f"{name}_zeros", value=zero)
        whole = self._add("QuantizeLinear", [flat, scale, zeros], f"{name}_rows", axis=0)
        column = self._add("Unsqueeze", [scale, last], f"{name}_row_scales")
        self._rows[name] = (whole, column)
        return self._rows[name]


def integers(
    weights: NDArray[np.float32], axis: int, limit: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Weights as integers within ``±limit`` and their scales, one per line along ``axis``."""
    scale = np.maximum(np.abs(weights).max(axis=axis, keepdims=True) / limit, _TINY).astype(np.float32)
    return np.rint(weights / scale).astype(np.int8), scale
