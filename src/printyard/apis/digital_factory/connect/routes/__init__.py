"""The operations of /connect/v1; paths here are below that root."""


def either(path: str) -> list[str]:
    """A path below /cluster and below /clusters: the document writes `clusters?`."""
    return [f"/cluster{path}", f"/clusters{path}"]
