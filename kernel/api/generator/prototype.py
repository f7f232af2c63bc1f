"""The notation of prototypes: `RESULT (in TYPE Name, out opt TYPE Name, ...)`, or `TYPE` for a variable."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\s*([A-Za-z_]\w*|\*|\[\s*\]|\S)")
_WORD = re.compile(r"[A-Za-z_]\w*$")
_DIRECTIONS = ("in", "out", "inout")
_FLOATING = {"float", "double", "FLOAT", "DOUBLE", "long double"}
MAX_PARAMETERS = 16

# Types that fill only a part of a 32-bit register, by what they are in C++.
_NARROW = {
    "UCHAR": ("UCHAR", "BOOLEAN", "BYTE", "KIRQL"),
    "CHAR": ("CHAR", "CCHAR", "char", "KPROCESSOR_MODE"),
    "USHORT": ("USHORT", "WORD", "USAGE"),
    "SHORT": ("SHORT", "CSHORT", "short"),
    "WCHAR": ("WCHAR",),
}
_NARROW_TYPE = {name: type for type, names in _NARROW.items() for name in names}


class PrototypeError(Exception):
    """A prototype that does not follow the notation; the message says how."""


@dataclass(frozen=True)
class Parameter:
    direction: str
    optional: bool
    type: str
    name: str
    suffix: str  # "[]" or ""

    def narrow_type(self):
        """The C++ type of a parameter of 8 or 16 bits; None if it is wider."""
        return None if self.suffix else _NARROW_TYPE.get(self.type)

    def __str__(self):
        words = [self.direction] + (["opt"] if self.optional else []) + [self.type, self.name + self.suffix]
        return " ".join(words)


@dataclass(frozen=True)
class Prototype:
    returns: str
    parameters: tuple
    variadic: bool
    is_data: bool

    def parameter_text(self):
        return ", ".join([str(p) for p in self.parameters] + (["..."] if self.variadic else []))

    def uses_floating_point(self):
        return any(t in _FLOATING for t in [self.returns] + [p.type for p in self.parameters])


def _tokens(text):
    return [re.sub(r"\s", "", t) for t in _TOKEN.findall(text.strip())]


def _join_type(tokens, what):
    """Spells a type: words apart, stars attached."""
    for token in tokens:
        if token != "*" and not _WORD.match(token):
            raise PrototypeError(f"unexpected '{token}' in the type of {what}")
    if not tokens or tokens[0] == "*":
        raise PrototypeError(f"{what} has no type")
    return re.sub(r" \*", "*", " ".join(tokens))


def _parameter(text, position):
    tokens = _tokens(text)
    what = f"parameter {position}"
    if not tokens or tokens[0] not in _DIRECTIONS:
        raise PrototypeError(f"{what} ('{text.strip()}') must begin with in, out or inout")
    direction, tokens = tokens[0], tokens[1:]
    optional = tokens[:1] == ["opt"]
    if optional:
        tokens = tokens[1:]
    suffix = ""
    if tokens and tokens[-1] == "[]":
        suffix, tokens = "[]", tokens[:-1]
    if len(tokens) < 2 or not _WORD.match(tokens[-1]):
        raise PrototypeError(f"{what} ('{text.strip()}') must have a type and a name")
    return Parameter(direction, optional, _join_type(tokens[:-1], what), tokens[-1], suffix)


def parse(text):
    """Returns the Prototype that `text` spells, or raises PrototypeError."""
    head, parenthesis, rest = text.partition("(")
    if not parenthesis:
        return Prototype(_join_type(_tokens(head), "the variable"), (), False, True)
    if not rest.rstrip().endswith(")"):
        raise PrototypeError("the parameter list does not end with ')'")
    returns = _join_type(_tokens(head), "the result")
    inner = rest.rstrip()[:-1].strip()
    if "(" in inner or ")" in inner:
        raise PrototypeError("name function pointer types by their typedef")
    parts = [] if inner in ("", "void", "VOID") else inner.split(",")
    variadic = bool(parts) and parts[-1].strip() == "..."
    if variadic:
        parts = parts[:-1]
    parameters = tuple(_parameter(part, i + 1) for i, part in enumerate(parts))
    if len(parameters) > MAX_PARAMETERS:
        raise PrototypeError(f"{len(parameters)} parameters; the thunk passes at most {MAX_PARAMETERS}")
    names = [p.name for p in parameters]
    for name in names:
        if names.count(name) > 1:
            raise PrototypeError(f"two parameters are named {name}")
    return Prototype(returns, parameters, variadic, False)
