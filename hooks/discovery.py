"""Finds the services: built-ins and installed plugins by entry point, a hospital's own by its folder of files."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from hooks.errors import DuplicateService, UnusableService
from hooks.service import Service

GROUP: Final = "chartside.services"
_PLACE: Final = "chartside_site_services"  # where files of a services_dir are imported to


def find_services(
    services_dir: Path | None = None, *, installed: Iterable[EntryPoint] | None = None
) -> dict[str, Service]:
    """Every service by id, in a stable order. Raises DuplicateService and UnusableService.

    `installed` stands for the entry points of this environment.
    """
    found: dict[str, Service] = {}
    origin: dict[str, str] = {}
    points = entry_points(group=GROUP) if installed is None else installed
    for place, one in [*_from_entry_points(points), *_from_folder(services_dir)]:
        if one.id in found:
            raise DuplicateService(f"service id {one.id} is defined by {origin[one.id]} and by {place}; rename one")
        found[one.id], origin[one.id] = one, place
    return found


def discovery_document(services: Iterable[Service], *, potentially_long_running: bool = False) -> dict[str, Any]:
    """The body of GET /cds-services (S4)."""
    return {"services": [one.to_wire(potentially_long_running=potentially_long_running) for one in services]}


def _from_entry_points(points: Iterable[EntryPoint]) -> Iterator[tuple[str, Service]]:
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        try:
            loaded = point.load()
        except Exception as error:  # a plugin may raise anything; the start stops and says which
            raise UnusableService(
                f"entry point {point.name} ({point.value}): {type(error).__name__}: {error}"
            ) from error
        if not isinstance(loaded, Service):
            raise UnusableService(f"entry point {point.name} ({point.value}) is no service; use @service")
        yield f"entry point {point.name}", loaded


def _from_folder(services_dir: Path | None) -> Iterator[tuple[str, Service]]:
    if services_dir is None:
        return
    if not services_dir.is_dir():
        raise UnusableService(f"services_dir {services_dir} is no folder")
    for path in sorted(services_dir.glob("*.py")):
        module = _load(path)
        # By identity: one service under two names is one, two services with one id are a duplicate.
        services = {id(value): value for value in vars(module).values() if isinstance(value, Service)}
        # A file may import a built-in to build on it; what it defines itself carries its own module's name.
        own = [one for one in services.values() if getattr(one.say, "__module__", "") == module.__name__]
        if not own:
            raise UnusableService(f"{path}: defines no service; decorate a function with @service")
        for one in own:
            yield str(path), one


def _load(path: Path) -> ModuleType:
    name = f"{_PLACE}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UnusableService(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while they are made
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a hospital's file may raise anything; the start stops and says which
        del sys.modules[name]
        raise UnusableService(f"{path}: {type(error).__name__}: {error}") from error
    return module
