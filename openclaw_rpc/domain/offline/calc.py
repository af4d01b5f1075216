"""Arithmetic that a stranger may type: numbers, operators and a few functions, bounded in size and time."""

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

Number = int | float

MAX_LENGTH = 500
MAX_DIGITS = 1_000
MAX_BITS = 3_322  # about MAX_DIGITS decimal digits
MAX_DEPTH = 50


class CalcError(ValueError):
    """It can't be worked out; ``reason`` is a word that the texts translate, ``detail`` what it is about."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


_BINARY: Mapping[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
}


def _round(value: Number, digits: Number = 0) -> Number:
    return round(value, max(-400, min(400, int(digits))))


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": _round,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
_CONSTANTS: Mapping[str, Number] = {"pi": math.pi, "e": math.e, "tau": math.tau}
_SPELLINGS = str.maketrans({"×": "*", "÷": "/", "−": "-", "（": "(", "）": ")", "，": ",", "^": "**"})


def calculate(expression: str) -> str:
    """The value of an expression, as text.

    Raises:
        CalcError: it is no arithmetic, too large, or has no value.
    """
    if len(expression) > MAX_LENGTH:
        raise CalcError("too_long", str(MAX_LENGTH))
    try:
        tree = ast.parse(expression.translate(_SPELLINGS).strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CalcError("syntax") from None
    try:
        value = _value(tree.body, 0)
    except ZeroDivisionError:
        raise CalcError("zero") from None
    except OverflowError:
        raise CalcError("too_large", str(MAX_DIGITS)) from None
    except (ValueError, TypeError) as error:
        if isinstance(error, CalcError):
            raise
        raise CalcError("undefined") from None
    return _shown(value)


def _value(node: ast.expr, depth: int) -> Number:
    if depth > MAX_DEPTH:
        raise CalcError("too_long", str(MAX_LENGTH))
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _bounded(value)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, depth + 1)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, depth + 1)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, depth + 1), _value(right, depth + 1))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _bounded(_BINARY[type(op)](_value(left, depth + 1), _value(right, depth + 1)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*(_value(arg, depth + 1) for arg in args)))
        case _:
            raise CalcError("unknown", ast.unparse(node)[:60])


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int):
        # The size of the result is known before it is worked out.
        if exponent > 0 and base.bit_length() * exponent > MAX_BITS + exponent:
            raise OverflowError
        if exponent < -MAX_BITS and abs(base) > 1:
            return 0.0
    result: Number | complex = base**exponent
    if isinstance(result, complex):
        raise CalcError("undefined")
    return _bounded(result)


def _bounded(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise OverflowError
    if isinstance(value, float) and math.isinf(value):
        raise OverflowError
    return value


def _shown(value: Number) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            raise CalcError("undefined")
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"
    return str(value)
