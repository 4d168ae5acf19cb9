"""The same yard as the native API's tests."""

import importlib.util
from pathlib import Path

source = Path(__file__).parent.parent / "yard" / "conftest.py"
spec = importlib.util.spec_from_file_location("yard_behind_its_doors", source)
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)

yard = shared.yard
client = shared.client
