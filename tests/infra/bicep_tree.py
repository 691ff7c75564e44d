"""What a Bicep file gives each of its resources, as far as it can be known without deploying.

A literal is itself. What several values are possible for (a parameter with `@allowed`, a condition) is a `Choice`, the
body of a loop that makes a list a `Loop`, and everything else an `Unknown` with the type that it must have. Run by the
Python of the tools.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tree_sitter_bicep  # type: ignore[import-not-found]
from tree_sitter import Language, Node, Parser  # type: ignore[import-not-found]

Scope = Mapping[str, Any]
PARSER = Parser(Language(tree_sitter_bicep.language()))
# What functions of Bicep return; those of which nothing is known here may return anything.
RETURNED = {
    **dict.fromkeys(("guid", "join", "loadTextContent", "replace", "resourceId", "string"), "string"),
    **dict.fromkeys(("subscriptionResourceId", "toLower", "uniqueString"), "string"),
    **dict.fromkeys(("concat", "items", "range", "split"), "array"),
    "empty": "bool",
    "length": "int",
    "union": "object",
}


@dataclass(frozen=True)
class Unknown:
    type: str | None = None


@dataclass(frozen=True)
class Choice:
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Loop:
    item: Any


@dataclass
class Resource:
    symbol: str
    type: str
    version: str
    line: int
    existing: bool
    body: Any


@dataclass
class Module:
    symbol: str
    path: str
    line: int
    params: dict[str, Any]


@dataclass
class File:
    """What a file declares; `parameters` are their types and allowed values, `scope` what names stand for."""

    resources: list[Resource] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    parameters: dict[str, tuple[str, Choice | None]] = field(default_factory=dict)
    scope: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> File:
    tree = PARSER.parse(path.read_bytes()).root_node
    if tree.has_error:
        raise ValueError(f"{path.name} is not Bicep")
    file, decorators = File(), None
    for node in tree.named_children:
        match node.type:
            case "decorators":
                decorators = node
                continue
            case "parameter_declaration":
                name, kind = node.named_children[:2]
                file.parameters[_text(name)] = _text(kind), _allowed(decorators)
                file.scope[_text(name)] = _allowed(decorators) or Unknown(_text(kind))
            case "variable_declaration":
                name, value = node.named_children[:2]
                file.scope[_text(name)] = evaluate(value, file.scope)
            case "resource_declaration":
                file.scope[_text(node.named_children[0])] = Unknown("resource")
        decorators = None
    # After the variables: they may stand anywhere in the file.
    for node in tree.named_children:
        if node.type == "resource_declaration":
            file.resources.append(_resource(node, file.scope))
        elif node.type == "module_declaration":
            symbol, path, *_, body = node.named_children
            params = evaluate(body, file.scope).get("params", {})
            file.modules.append(Module(_text(symbol), _text(path).strip("'"), node.start_point[0] + 1, params))
    return file


def _resource(node: Node, scope: Scope) -> Resource:
    symbol, kind, *_, body = node.named_children
    name, _, version = _text(kind).strip("'").partition("@")
    existing = any(child.type == "existing" for child in node.children)
    return Resource(_text(symbol), name, version, node.start_point[0] + 1, existing, evaluate(body, scope))


def evaluate(node: Node, scope: Scope) -> Any:
    """The value of an expression."""
    expression = EXPRESSIONS.get(node.type)
    return expression(node, scope) if expression else Unknown()


def _object(node: Node, scope: Scope) -> dict[str, Any]:
    return {_key(entry): evaluate(entry.named_children[-1], scope) for entry in _inner(node)}


def _identifier(node: Node, scope: Scope) -> Any:
    return scope.get(_text(node), Unknown())


def _ternary(node: Node, scope: Scope) -> Choice:
    return Choice(tuple(evaluate(child, scope) for child in node.named_children[1:]))


def _last(node: Node, scope: Scope) -> Any:
    """Of `if (…) {…}` and `(…)`."""
    return evaluate(node.named_children[-1], scope)


def _subscript(node: Node, scope: Scope) -> Any:
    return _any_of(node.named_children[0], scope)


def _unary(node: Node, _scope: Scope) -> Unknown:
    return Unknown("bool" if _text(node).startswith("!") else "int")


def _binary(node: Node, _scope: Scope) -> Unknown:
    return Unknown("int" if any(child.type in "+-*/%" for child in node.children) else "bool")


def _array(node: Node, scope: Scope) -> list[Any]:
    elements: list[Any] = []
    end = -1
    for child in _inner(node):
        if child.type == "array" and child.start_byte == end:  # the grammar takes [a[0]] for two elements
            elements[-1] = Unknown() if not isinstance(elements[-1], list) else Choice(tuple(elements[-1]))
        else:
            elements.append(evaluate(child, scope))
        end = child.end_byte
    return elements


def _loop(node: Node, scope: Scope) -> Loop:
    declared, source, body = _inner(node)
    names = [_text(child) for child in declared.named_children] or [_text(declared)]
    return Loop(evaluate(body, {**scope, **dict.fromkeys(names, Unknown("int")), names[0]: _any_of(source, scope)}))


def _any_of(node: Node, scope: Scope) -> Any:
    """An element of a list."""
    elements = evaluate(node, scope)
    return Choice(tuple(elements)) if isinstance(elements, list) and elements else Unknown()


def _call(node: Node, scope: Scope) -> Any:
    function = _text(node.named_children[0])
    arguments = [evaluate(child, scope) for child in _inner(node.named_children[-1])]
    if function == "union" and all(isinstance(argument, dict) for argument in arguments):
        return {key: value for argument in arguments for key, value in argument.items()}
    return Unknown(RETURNED.get(function))


def _member(node: Node, scope: Scope) -> Any:
    return _named(evaluate(node.named_children[0], scope), _text(node.named_children[-1]))


def _named(value: Any, name: str) -> Any:
    if isinstance(value, Choice):
        return Choice(tuple(_named(each, name) for each in value.values))
    if isinstance(value, dict):
        return value.get(name, Unknown())
    of_resource = isinstance(value, Unknown) and value.type == "resource" and name in ("id", "name")
    return Unknown("string" if of_resource else None)


def _allowed(decorators: Node | None) -> Choice | None:
    for call in decorators.named_children if decorators else ():
        name, arguments = call.named_children[0].named_children
        if _text(name) == "allowed":
            return Choice(tuple(evaluate(_inner(arguments)[0], {})))
    return None


def _string(node: Node, _scope: Scope = MappingProxyType({})) -> Any:
    if any(child.type == "interpolation" for child in node.named_children):
        return Unknown("string")
    return "".join(_text(child) for child in node.named_children)


def _key(entry: Node) -> str:
    """The name of a property; one that is put together counts as any name."""
    name = entry.named_children[0]
    if name.type != "string":
        return _text(name)
    value = _string(name)
    return value if isinstance(value, str) else "*"


def _inner(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _text(node: Node) -> str:
    text: str = node.text.decode()
    return text


EXPRESSIONS: dict[str, Callable[[Node, Scope], Any]] = {
    "array": _array,
    "binary_expression": _binary,
    "boolean": lambda node, _scope: _text(node) == "true",
    "call_expression": _call,
    "for_statement": _loop,
    "identifier": _identifier,
    "if_statement": _last,
    "member_expression": _member,
    "null": lambda _node, _scope: None,
    "number": lambda node, _scope: int(_text(node)),
    "object": _object,
    "parenthesized_expression": _last,
    "string": _string,
    "subscript_expression": _subscript,
    "ternary_expression": _ternary,
    "unary_expression": _unary,
}
