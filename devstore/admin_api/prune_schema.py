"""Cut Shopify's published Admin API schema down to what Danke uses and write it as SDL.

The schema comes with the npm package @shopify/dev-mcp (``npm pack @shopify/dev-mcp@1.16.0``, unpack it), then:

    python -m devstore.admin_api.prune_schema package/dist/data/admin_2026-10.json.gz \\
        devstore/admin_api/admin_2026-10.graphql

Object types and root fields are named below; fields of other object types are cut, enums and inputs are kept whole.
What the publication says beyond GraphQL becomes directives: ``@access`` (any one of these scopes) and ``@protected``
(kind of personal data, approved separately by Shopify).
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Node = dict[str, Any]

QUERIES = {
    "shop", "orders", "order", "products", "product", "productByIdentifier", "customers", "customer", "node", "nodes",
    "currentAppInstallation", "bulkOperation", "bulkOperations",
}  # fmt: skip
MUTATIONS = {
    "metafieldsSet", "metafieldsDelete", "bulkOperationRunQuery", "bulkOperationRunMutation", "bulkOperationCancel",
    "stagedUploadsCreate", "fulfillmentEventCreate", "discountCodeBasicCreate", "storeCreditAccountCredit",
    "giftCardCreate",
}  # fmt: skip
OBJECTS = {
    "AccessScope", "App", "AppInstallation", "Attribute", "BulkOperation", "Customer", "CustomerEmailAddress",
    "DiscountCodeBasic", "DiscountCodeNode", "DiscountRedeemCode", "Fulfillment", "FulfillmentEvent",
    "FulfillmentLineItem", "FulfillmentTrackingInfo", "GiftCard", "LineItem", "MailingAddress", "Metafield", "MoneyBag",
    "MoneyV2", "Order", "OrderCancellation", "PageInfo", "Product", "ProductVariant", "Refund", "RefundLineItem",
    "ShippingLine", "Shop", "StagedMediaUploadTarget", "StagedUploadParameter", "StoreCreditAccount",
    "StoreCreditAccountCreditTransaction",
}  # fmt: skip
CONNECTIONS = {
    "Order", "Product", "Customer", "LineItem", "Metafield", "FulfillmentEvent", "FulfillmentLineItem",
    "ProductVariant", "RefundLineItem", "BulkOperation", "DiscountRedeemCode",
}  # fmt: skip
INTERFACES = {"Node", "DisplayableError", "HasMetafields"}
UNIONS = {"DiscountCode"}
DIRECTIVES = """directive @access(anyOf: [String!]!) on OBJECT | FIELD_DEFINITION

directive @protected(content: String!) on FIELD_DEFINITION

schema {
  query: QueryRoot
  mutation: Mutation
}
"""


def prune(published: Node) -> str:
    """SDL of the types named above, from the published introspection."""
    types = {one["name"]: one for one in published["data"]["__schema"]["types"]}
    kept = OBJECTS | INTERFACES | UNIONS | {"QueryRoot", "Mutation"}
    kept |= {name + end for name in CONNECTIONS for end in ("Connection", "Edge")}
    for mutation in types["Mutation"]["fields"]:
        if mutation["name"] in MUTATIONS:
            payload = _innermost(mutation["type"])["name"]
            kept |= {payload} | {
                _innermost(field["type"])["name"]
                for field in types[payload]["fields"]
                if field["name"] in ("userErrors", "bulkQueryUserErrors")
            }
    access = _collect_access(published["offline_scopes"]["items"])
    chosen = {name: _choose_fields(types[name], kept) for name in kept if types[name]["kind"] != "UNION"}
    needed = set(kept)
    pending = [one for fields in chosen.values() for one in fields]
    while pending:
        field = pending.pop()
        for reference in [field["type"], *(argument["type"] for argument in field.get("args", []))]:
            target = types[_innermost(reference)["name"]]
            if target["name"] not in needed:
                needed.add(target["name"])
                pending += target["inputFields"] or []
    written = sorted(needed - {"String", "Int", "Float", "Boolean", "ID"})
    return DIRECTIVES + "".join(f"\n{_print(types[name], chosen, access, kept)}\n" for name in written)


def _choose_fields(owner: Node, kept: set[str]) -> list[Node]:
    roots = {"QueryRoot": QUERIES, "Mutation": MUTATIONS}.get(owner["name"])
    return [
        field
        for field in owner["fields"]
        if (roots is None or field["name"] in roots)
        and (
            _innermost(field["type"])["kind"] in ("SCALAR", "ENUM")
            or _innermost(field["type"])["name"] in kept
        )
    ]


def _collect_access(items: list[Node]) -> dict[str, list[str]]:
    return {
        ".".join(filter(None, (item["typeName"], item.get("fieldName")))): item["offlineScopes"]
        for item in items
        if item["offlineScopes"]
    }


def _innermost(reference: Node) -> Node:
    while reference["ofType"]:
        reference = reference["ofType"]
    return reference


def _write_type(reference: Node) -> str:
    if reference["kind"] == "NON_NULL":
        return _write_type(reference["ofType"]) + "!"
    if reference["kind"] == "LIST":
        return f"[{_write_type(reference['ofType'])}]"
    return str(reference["name"])


def _write_value(value: Node) -> str:
    default = f" = {value['defaultValue']}" if value["defaultValue"] is not None else ""
    return f"{value['name']}: {_write_type(value['type'])}{default}{_write_deprecation(value)}"


def _write_deprecation(part: Node) -> str:
    return (
        f" @deprecated(reason: {json.dumps(part['deprecationReason'])})" if part.get("isDeprecated") else ""
    )


def _write_access(name: str, access: dict[str, list[str]]) -> str:
    return f" @access(anyOf: {json.dumps(access[name])})" if name in access else ""


def _write_fields(owner: Node, fields: list[Node], access: dict[str, list[str]]) -> Iterator[str]:
    for field in fields:
        arguments = ", ".join(map(_write_value, field["args"]))
        protected = f' @protected(content: "{field["protectedContent"]}")' if field["isProtected"] else ""
        yield (
            f"  {field['name']}{f'({arguments})' if arguments else ''}: {_write_type(field['type'])}"
            f"{_write_deprecation(field)}{protected}{_write_access(owner['name'] + '.' + field['name'], access)}"
        )


def _print(one: Node, chosen: dict[str, list[Node]], access: dict[str, list[str]], kept: set[str]) -> str:
    name, kind = one["name"], one["kind"]
    if kind == "SCALAR":
        return f"scalar {name}"
    if kind == "UNION":
        return f"union {name} = " + " | ".join(
            each["name"] for each in one["possibleTypes"] if each["name"] in kept
        )
    if kind == "ENUM":
        lines = [f"  {value['name']}{_write_deprecation(value)}" for value in one["enumValues"]]
    elif kind == "INPUT_OBJECT":
        lines = [f"  {_write_value(value)}" for value in one["inputFields"]]
    else:
        lines = list(_write_fields(one, chosen[name], access))
    word = {"ENUM": "enum", "INPUT_OBJECT": "input", "INTERFACE": "interface", "OBJECT": "type"}[kind]
    interfaces = [each["name"] for each in one["interfaces"] or [] if each["name"] in INTERFACES]
    implements = f" implements {' & '.join(interfaces)}" if interfaces else ""
    directives = " @oneOf" if one.get("isOneOf") else _write_access(name, access)
    return f"{word} {name}{implements}{directives} {{\n" + "\n".join(lines) + "\n}"


def main() -> None:
    """Prune the introspection named first into the SDL file named second."""
    source, target = map(Path, sys.argv[1:3])
    target.write_text(prune(json.loads(gzip.decompress(source.read_bytes()))), encoding="utf-8")


if __name__ == "__main__":
    main()
