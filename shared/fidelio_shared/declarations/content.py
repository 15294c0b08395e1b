"""What a declaration says, hashed: equal for the same content, however it is laid out."""

import json
from hashlib import sha256

from fidelio_shared.declarations.yaml_tree import Listed, Mapped, Node


def plain(node: Node) -> object:
    if isinstance(node, Mapped):
        return {key.text: plain(value) for key, value in node.entries}
    return [plain(each) for each in node.items] if isinstance(node, Listed) else node.value


def content_hash(content: object) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def version_of(name: str, number: int, node: Node) -> str:
    return f"{name}-{number}-{content_hash(plain(node))[:8]}"
