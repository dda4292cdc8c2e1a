"""Shopify's own Liquid tags: app blocks, forms, sections, style, layout."""

from html import escape
from typing import Any, TextIO

from liquid import RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.expressions import KeywordArgument, parse_primitive
from liquid.builtin.tags.render_tag import RenderNode, RenderTag
from liquid.expression import Expression
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_COLON, TOKEN_COMMA, TOKEN_EOF, TOKEN_EXPRESSION, TOKEN_TAG, TOKEN_WORD, Token

from devstore.liquid.drops import Drop
from devstore.liquid.filters import PAGE
from devstore.theme_files import ThemeError, read_json_file

FORMS = {
    "product": "/cart/add", "cart": "/cart", "customer_login": "/account/login",
}  # fmt: skip


class Block(Drop):
    """A block of a section: an app block, or one of the theme."""

    fields = frozenset({"id", "type", "settings", "shopify_attributes", "name"})
    shopify_attributes = ""  # only the theme editor fills it

    def __init__(self, block_id: str, kind: str, settings: dict[str, Any], name: str = "") -> None:
        self.id, self.type, self.settings, self.name = block_id, kind, settings, name


class AppRenderNode(RenderNode):
    """``{% render 'snippet' %}``, and ``{% render block %}`` for the app blocks of a section."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        block = context.resolve(str(self.name), default=None)
        if not isinstance(block, Block):
            return super().render_to_output(context, buffer)
        page = context.resolve(PAGE)
        section = context.resolve("section", default=None)
        return buffer.write(page.storefront.render_app_block(page, block, section))


class AppRenderTag(RenderTag):
    """``render`` with app blocks."""

    node_class = AppRenderNode


class WrapNode(Node):
    """A block tag that writes something before and after its content."""

    def __init__(
        self, token: Token, block: BlockNode, arguments: list[Expression], options: list[KeywordArgument]
    ) -> None:
        super().__init__(token)
        self.block, self.arguments, self.options = block, arguments, options

    def wrap(self, context: RenderContext) -> tuple[str, str]:
        raise NotImplementedError

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        before, after = self.wrap(context)
        buffer.write(before)
        self.block.render(context, buffer)
        return buffer.write(after)


class WrapTag(Tag):
    """Parses ``{% name 'argument', object, option: value %}...{% endname %}``."""

    node_class: type[WrapNode]

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        arguments: list[Expression] = []
        options: list[KeywordArgument] = []
        if stream.current.kind == TOKEN_EXPRESSION:
            tokens = stream.into_inner(tag=token)
            while tokens.current.kind != TOKEN_EOF:
                if tokens.current.kind == TOKEN_WORD and tokens.peek.kind == TOKEN_COLON:
                    options = KeywordArgument.parse(self.env, tokens)
                    break
                arguments.append(parse_primitive(self.env, tokens))
                if tokens.current.kind == TOKEN_COMMA:
                    next(tokens)
        block = get_parser(self.env).parse_block(stream, frozenset({self.end, TOKEN_EOF}))
        stream.expect(TOKEN_TAG, value=self.end)
        return self.node_class(token, block, arguments, options)


class FormNode(WrapNode):
    def wrap(self, context: RenderContext) -> tuple[str, str]:
        kind = str(self.arguments[0].evaluate(context))
        if kind not in FORMS:
            raise ThemeError(f"The store knows no form of type {kind}.")
        attributes = {"method": "post", "action": FORMS[kind], "accept-charset": "UTF-8"}
        attributes |= {one.name.replace("_", "-"): str(one.value.evaluate(context)) for one in self.options}
        written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
        return f'<form {written}><input type="hidden" name="form_type" value="{kind}">', "</form>"


class FormTag(WrapTag):
    name, end, node_class = "form", "endform", FormNode


class StyleNode(WrapNode):
    def wrap(self, context: RenderContext) -> tuple[str, str]:
        return "<style data-shopify>", "</style>"


class StyleTag(WrapTag):
    name, end, node_class = "style", "endstyle", StyleNode


class NamedNode(Node):
    """A tag with one argument: ``{% section 'header' %}``, ``{% sections 'footer-group' %}``, ``{% layout none %}``."""

    def __init__(self, token: Token, argument: Expression) -> None:
        super().__init__(token)
        self.argument = argument


class SectionNode(NamedNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        page = context.resolve(PAGE)
        name = str(self.argument.evaluate(context))
        return buffer.write(page.storefront.render_section(page, {}, name, name))


class SectionsNode(NamedNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        page = context.resolve(PAGE)
        name = str(self.argument.evaluate(context))
        document = read_json_file(page.storefront.theme / "sections" / f"{name}.json")
        return buffer.write(page.storefront.render_sections(page, document, f"sections--{name}"))


class LayoutNode(NamedNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        page = context.resolve(PAGE)
        page.layout = self.argument.evaluate(context)
        return 0


class NamedTag(Tag):
    block = False
    node_class: type[NamedNode]

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        return self.node_class(token, parse_primitive(self.env, stream.into_inner(tag=token, eat=False)))


class SectionTag(NamedTag):
    name, node_class = "section", SectionNode


class SectionsTag(NamedTag):
    name, node_class = "sections", SectionsNode


class LayoutTag(NamedTag):
    name, node_class = "layout", LayoutNode


TAGS = (AppRenderTag, FormTag, StyleTag, SectionTag, SectionsTag, LayoutTag)
