"""What happened has happened: a reaction neither refuses nor answers."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.kit.errors import NotFound, Refused
from service.reactions import REACTIONS

PAIRS = [(event, reaction) for event, reactions in REACTIONS.items() for reaction in reactions]
ASKS_FOR_THE_SHOP_OF_THE_UNIT = "service.shops.queries"
"""Says NotFound of a shop that is gone altogether: there is nobody left whom that could refuse anything."""


def tree_of(function: Any) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def meaning(node: ast.AST, names: dict[str, Any]) -> Any:
    """What a name, or an attribute of one, stands for in a module."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(names.get(node.value.id), node.attr, None)
    return None


def functions_behind(function: Any, seen: set[Any]) -> Iterator[Any]:
    """The function and all functions of the service that it calls, and they call, by name."""
    if function in seen:
        return
    seen.add(function)
    yield function
    for node in ast.walk(tree_of(function)):
        called = meaning(node.func, function.__globals__) if isinstance(node, ast.Call) else None
        if inspect.isfunction(called) and called.__module__.startswith("service."):
            yield from functions_behind(inspect.unwrap(called), seen)


def refusals_in(function: Any) -> list[str]:
    asks_for_the_shop = function.__module__ == ASKS_FOR_THE_SHOP_OF_THE_UNIT
    refusing = (Refused,) if asks_for_the_shop else (Refused, NotFound)
    found = []
    for node in ast.walk(tree_of(function)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            kind = meaning(raised, function.__globals__)
            if inspect.isclass(kind) and issubclass(kind, refusing):
                found.append(f"{function.__module__}.{function.__name__} raises {kind.__name__}")
    return found


@pytest.mark.parametrize(("event", "reaction"), PAIRS, ids=lambda each: each.__name__)
def test_a_reaction_refuses_nothing_that_has_happened(event: type, reaction: Callable[..., None]) -> None:
    behind = list(functions_behind(reaction, set()))
    assert not [refusal for function in behind for refusal in refusals_in(function)], (
        f"{event.__name__} has happened: ask in the operation that emits it, before it does"
    )


@pytest.mark.parametrize(("event", "reaction"), PAIRS, ids=lambda each: each.__name__)
def test_a_reaction_answers_nothing(event: type, reaction: Callable[..., None]) -> None:
    assert inspect.signature(reaction).return_annotation in {None, "None"}, event


def test_a_refusal_is_found_however_deep_it_hides() -> None:
    assert refusals_in(_veto) == [f"{__name__}._veto raises Refused"]


def _veto() -> None:
    raise Refused("no")
