"""Arithmetic that a stranger may type. Decimals of a fixed precision bound what a step costs, whatever its numbers."""

import ast
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, localcontext
from typing import Any

MAX_LENGTH = 200
_OPERATORS: Mapping[type, Callable[..., Decimal]] = {
    ast.Add: Decimal.__add__,
    ast.Sub: Decimal.__sub__,
    ast.Mult: Decimal.__mul__,
    ast.Div: Decimal.__truediv__,
    ast.Mod: Decimal.__mod__,
    ast.Pow: Decimal.__pow__,
    ast.USub: Decimal.__neg__,
    ast.UAdd: Decimal.__pos__,
}
_SPELLINGS = str.maketrans({"×": "*", "÷": "/", "−": "-", "（": "(", "）": ")", "^": "**"})


def calculate(expression: str) -> str | None:
    """The value of an expression, 15 digits of it; None where it has none."""
    if len(expression) > MAX_LENGTH:
        return None
    try:
        tree: Any = ast.parse(expression.translate(_SPELLINGS).strip(), mode="eval")
        with localcontext(Context(prec=15)):
            value = _value(tree.body)
            shown = f"{value.normalize():f}" if abs(value.adjusted()) < 30 else f"{value.normalize():e}"
            return shown if value.is_finite() else None
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr) -> Decimal:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Decimal(str(number))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left), _value(right))
        case ast.Call(func=ast.Name(id="sqrt"), args=[number], keywords=[]):
            return _value(number).sqrt()
        case _:
            raise ValueError("not arithmetic")
