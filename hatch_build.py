"""The wheel's build hook: puts the rich editor's bundle into static/dist before the files are collected."""

import importlib.util
import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg,misc,unused-ignore]
    """Without node or a registry the wheel is made all the same, with the plain editor alone."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle, unless told to leave it or unable to; where it is required that is an error."""
        bundle = self._load_bundle()
        if os.environ.get(bundle.SKIP) == "1":
            return
        try:
            bundle.build()
        except bundle.NotBuilt as error:
            if os.environ.get(bundle.REQUIRE) == "1":
                raise
            self.app.display_warning(f"The rich editor is not built: {error}. The wheel has the plain editor alone.")

    def _load_bundle(self) -> Any:
        """frontend/ is no package: the build may run in an environment that knows nothing of this tree."""
        spec = importlib.util.spec_from_file_location("bundle", Path(self.root) / "frontend" / "bundle.py")
        if spec is None or spec.loader is None:
            raise FileNotFoundError("frontend/bundle.py is missing")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
