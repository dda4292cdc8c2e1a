"""Write `polaris_elements.json`: names of the published Polaris elements and of their attributes, nothing else.

npm pack @shopify/polaris-types && tar xzf shopify-polaris-types-*.tgz
python tests/devstore/extract_polaris_names.py package/dist/custom-elements.json
"""

import json
import sys
from pathlib import Path

TARGET = Path(__file__).with_name("polaris_elements.json")


def extract_names(manifest: Path) -> dict[str, list[str]]:
    """Tag -> its attributes, sorted."""
    modules = json.loads(manifest.read_text(encoding="utf-8"))["modules"]
    declared = [one for module in modules for one in module.get("declarations", []) if one.get("tagName")]
    return {
        one["tagName"]: sorted({attribute["name"] for attribute in one.get("attributes", [])})
        for one in sorted(declared, key=lambda one: str(one["tagName"]))
    }


if __name__ == "__main__":
    names = extract_names(Path(sys.argv[1]))
    rows = [f"  {json.dumps(tag)}: {json.dumps(attributes)}" for tag, attributes in names.items()]
    TARGET.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
