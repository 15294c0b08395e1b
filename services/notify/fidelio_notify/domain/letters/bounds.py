"""Liquid of which every template comes to an end, soon.

Liquid itself bounds the product of nested loops, what is kept and what is put out. It does not bound: loops one after
the other, and what stands in them; a range that is reversed, or searched, before its length is looked at; what a
filter makes, by growing texts or numbers, as long as nobody keeps it. That is bounded here. (Its bound of what is kept
adds up all of it at every assignment: a thousand names make it slow.)
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.exceptions import LiquidSyntaxError, LoopIterationLimitError, ResourceLimitError
from liquid.expression import Expression
from liquid.token import Token

MOST_REPETITIONS = 1_000
"""Of all loops of a template together."""

LONGEST_VALUE = 8_192
"""Characters that a filter takes or makes, or a name keeps."""

LARGEST_NUMBER = 10**12
MOST_WORK = 500_000
"""Characters that all filters and assignments of a template together take and make."""

MOST_STATEMENTS = 5_000
"""That all loops of a template together go through."""

MOST_OUTPUT = 64 * 1024

_Filter = Callable[..., Any]


class _Measured(RenderContext):
    """Counts over the whole template: a look at each value alone would let many small ones pass."""

    repetitions = 0
    statements = 0
    work = 0

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.repetitions += length
        if self.repetitions > MOST_REPETITIONS:
            raise LoopIterationLimitError(f"repeats more than {MOST_REPETITIONS} times", token=None)

    def raise_for_statements(self, count: int) -> None:
        self.statements += count
        if self.statements > MOST_STATEMENTS:
            raise ResourceLimitError(f"goes through more than {MOST_STATEMENTS} statements", token=None)

    def assign(self, key: str, val: object) -> None:
        self._measure(None, str(val))
        super().assign(key, val)

    def filter(self, name: str, token: Token | None) -> _Filter:
        call = super().filter(name, token)

        def measured(left: object, *arguments: object, **named: object) -> object:
            self._measure(token, left, *arguments, *named.values())
            made = call(left, *arguments, **named)
            self._measure(token, made)
            return made

        return measured

    def _measure(self, token: Token | None, *values: object) -> None:
        self.work += sum(_size(each, token) for each in values)
        if self.work > MOST_WORK:
            raise ResourceLimitError(f"works on more than {MOST_WORK} characters", token=token)


def _size(value: object, token: Token | None) -> int:
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        raise ResourceLimitError(f"makes a text of more than {LONGEST_VALUE} characters", token=token)
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= LARGEST_NUMBER):
        raise ResourceLimitError(f"makes a number beyond {LARGEST_NUMBER}", token=token)
    return 16 + (len(value) if isinstance(value, str) else 0)


class _ForNode(for_tag.ForNode):
    statements: int | None = None

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        try:
            self._look_ahead(context)
            return super().render_to_output(context, buffer)
        except ResourceLimitError as error:
            error.token = error.token or self.token
            raise

    def _look_ahead(self, context: RenderContext) -> None:
        """Liquid makes a list of a reversed range first, and counts it afterwards."""
        over = self.expression.iterable.evaluate(context)
        if isinstance(over, range) and over.stop - over.start > MOST_REPETITIONS:
            raise LoopIterationLimitError(f"repeats more than {MOST_REPETITIONS} times", token=None)
        if self.statements is None:
            self.statements = sum(1 for _ in _nodes(self.block, context))
        if isinstance(over, range) and isinstance(context, _Measured):
            context.raise_for_statements(len(over) * self.statements)


class _ForTag(for_tag.ForTag):
    node_class = _ForNode


class _Template(BoundTemplate):
    context_class = _Measured


_TAGS = (
    content.Literal,
    output.Output,
    illegal.Illegal,
    if_tag.IfTag,
    unless_tag.UnlessTag,
    case_tag.CaseTag,
    assign_tag.AssignTag,
    capture_tag.CaptureTag,
    _ForTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    comment_tag.CommentTag,
    inline_comment_tag.InlineCommentTag,
)


class BoundedLiquid(Environment):
    """A letter is a page: what needs more than this is a mistake in the template."""

    template_class = _Template
    loop_iteration_limit = MOST_REPETITIONS
    output_stream_limit = MOST_OUTPUT

    def __init__(self, filters: Iterable[tuple[str, _Filter]], *, autoescape: bool = False) -> None:
        super().__init__(autoescape=autoescape)
        for name, call in filters:
            self.add_filter(name, call)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:  # noqa: ARG002 liquid's name
        for tag in _TAGS:
            self.add_tag(tag)


def refuse_stray_ranges(template: BoundTemplate) -> None:
    """A range is for loops: elsewhere `contains` would search it number by number."""
    context = RenderContext(template)
    nodes = (each for node in template.nodes for each in _nodes(node, context))
    for part in (part for node in nodes for expression in node.expressions() for part in _parts(expression)):
        if isinstance(part, RangeLiteral):
            raise LiquidSyntaxError("a range such as (1..3) stands only in a for", token=part.token)


def _nodes(node: Node, context: RenderContext) -> Iterator[Node]:
    yield node
    for child in node.children(context, include_partials=False):
        yield from _nodes(child, context)


def _parts(expression: Expression) -> Iterator[Expression]:
    if not isinstance(expression, LoopExpression):
        yield expression
    for each in expression.children() or ():
        is_looped_over = isinstance(expression, LoopExpression) and isinstance(each, RangeLiteral)
        yield from (part for child in each.children() for part in _parts(child)) if is_looped_over else _parts(each)
