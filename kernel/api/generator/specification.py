"""Reads spec/<module>/*.toml, checks every entry, and expands services into the exports they generate."""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from . import prototype

STATUSES = ("done", "partial", "absent")
KINDS = ("sysv", "variadic", "leaf", "data", "service")
HIGH_LEVEL = 15
SERVICE_MODULES = ("ntoskrnl.exe", "ntdll.dll")

_KEYS = {
    "proto": str, "irql": str, "status": str, "does": str, "kind": str, "symbol": str, "size": int,
    "forward": str, "exported": bool, "nt_exported": bool, "test": str,
}
_NAME = re.compile(r"[A-Za-z_?@$][\w?@$]*$")
_SYMBOL = re.compile(r"[A-Za-z_]\w*$")
_FORWARD = re.compile(r"([\w.-]+)\.([\w?@$]+)$")


class EntryError(Exception):
    """One entry breaks a rule of the format."""


@dataclass(frozen=True)
class Entry:
    """One export; `kind` is one of KINDS without "service"."""
    module: str
    name: str
    proto: prototype.Prototype
    irql: tuple
    status: str
    does: str
    kind: str
    symbol: str       # "" if nothing implements it in the host
    size: int
    forward: str
    exported: bool
    test: str
    file: Path


@dataclass(frozen=True)
class Service:
    """One system service: the ntoskrnl routine that implements it."""
    name: str
    proto: prototype.Prototype
    symbol: str


@dataclass(frozen=True)
class Specification:
    entries: list     # of Entry, sorted by module, then name
    services: list    # of Service, sorted by name; the index is the service number
    overridden: list  # of (file, name): absent entries that a real one replaced

    def modules(self):
        return sorted({e.module for e in self.entries})

    def of(self, module):
        return [e for e in self.entries if e.module == module]


def is_absent_file(path):
    return path.name.startswith("absent-")


def _irql(text):
    if text == "any":
        return (0, HIGH_LEVEL)
    match = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", text)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not low <= high <= HIGH_LEVEL:
        raise EntryError(f"bad irql '{text}': write \"0\", \"0..2\" (0 to {HIGH_LEVEL}, low first) or \"any\"")
    return (low, high)


def _check_keys(raw):
    for key, value in raw.items():
        if key not in _KEYS:
            raise EntryError(f"unknown key '{key}' (known: {', '.join(_KEYS)})")
        if type(value) is not _KEYS[key]:
            raise EntryError(f"'{key}' must be of type {_KEYS[key].__name__}")
    required = [] if "forward" in raw else ["proto", "status", "does"]
    if "forward" not in raw and raw.get("kind") != "data":
        required.append("irql")
    for key in required:
        if key not in raw:
            raise EntryError(f"'{key}' is missing")


def _proto(raw):
    if "proto" not in raw:
        return None
    try:
        return prototype.parse(raw["proto"])
    except prototype.PrototypeError as error:
        raise EntryError(f"bad proto: {error}") from None


def _check_kind(raw, proto, kind, status):
    if kind not in KINDS:
        raise EntryError(f"bad kind '{kind}': one of {', '.join(KINDS)}")
    if proto and proto.is_data != (kind == "data"):
        raise EntryError('a variable needs kind = "data"' if proto.is_data
                         else 'kind = "data" takes a type, not a parameter list')
    if kind == "data" and "forward" not in raw and not raw.get("size", 8) in range(1, 65536):
        raise EntryError("'size' must be 1 to 65535 bytes")
    if kind != "data" and "size" in raw:
        raise EntryError("'size' is for kind = \"data\"")
    if proto and proto.variadic and kind not in ("variadic", "leaf"):
        raise EntryError(f"kind = \"{kind}\" cannot be variadic")
    if proto and kind == "variadic" and not proto.variadic:
        raise EntryError("kind = \"variadic\" needs '...' as the last parameter")
    if proto and proto.uses_floating_point() and kind != "leaf" and status != "absent":
        raise EntryError("floating-point parameters need kind = \"leaf\"")


def _check_symbol(name, raw, kind, status):
    if "symbol" in raw and (status == "absent" or kind == "data" or "forward" in raw):
        raise EntryError("'symbol' is for an entry that the host implements")
    symbol = raw.get("symbol", name)
    if status != "absent" and kind != "data" and "forward" not in raw and not _SYMBOL.match(symbol):
        raise EntryError(f"'{symbol}' is no C identifier: give a 'symbol'")


def _entry(module, name, raw, path):
    """Checks one table of a specification file; returns its Entry, whose kind may still be "service"."""
    if not isinstance(raw, dict):
        raise EntryError("is not a table")
    if not _NAME.match(name):
        raise EntryError("bad name")
    _check_keys(raw)
    proto = _proto(raw)
    inferred = "variadic" if proto and proto.variadic else "data" if proto and proto.is_data and "size" in raw else "sysv"
    kind, status = raw.get("kind", inferred), raw.get("status", "")
    if (status or "forward" not in raw) and status not in STATUSES:
        raise EntryError(f"bad status '{status}': one of {', '.join(STATUSES)}")
    if "does" in raw and (not raw["does"].strip() or "\n" in raw["does"]):
        raise EntryError("'does' must be one line of text")
    _check_kind(raw, proto, kind, status)
    _check_symbol(name, raw, kind, status)
    if kind == "service" and (module != "ntoskrnl.exe" or not name.startswith("Nt")):
        raise EntryError("kind = \"service\" belongs to an Nt name of ntoskrnl.exe")
    if "nt_exported" in raw and kind != "service":
        raise EntryError("'nt_exported' is for kind = \"service\"")
    has_symbol = status != "absent" and kind != "data" and "forward" not in raw
    return Entry(
        module=module, name=name, proto=proto, irql=_irql(raw["irql"] if "irql" in raw else "any"), status=status,
        does=raw.get("does", "").strip(), kind=kind, symbol=raw.get("symbol", name) if has_symbol else "",
        size=raw.get("size", 8) if kind == "data" else 0, forward=raw.get("forward", ""),
        exported=raw.get("exported", True), test=raw.get("test", ""), file=path)


def _expand(entry, nt_exported):
    """The exports of a service: Nt and Zw in the kernel, both again as system calls in ntdll."""
    zw_name = "Zw" + entry.name[2:]
    plain = replace(entry, kind="sysv")
    implemented = entry.status != "absent"
    kernel_mode = replace(plain, name=zw_name, symbol=f"Zw_{entry.name}" if implemented else "")
    user = replace(plain, module="ntdll.dll", symbol=f"Syscall_{entry.name}" if implemented else "", irql=(0, 0), exported=True)
    kernel = [plain] if nt_exported and entry.exported else []
    return kernel + [kernel_mode, user, replace(user, name=zw_name)]


class _Reader:
    def __init__(self, root):
        self.root = root
        self.errors = []
        self.entries = {}     # (module, name) -> Entry
        self.services = {}    # name -> Service
        self.overridden = []

    def error(self, path, name, message):
        where = path.relative_to(self.root)
        self.errors.append(f"{where}: [{name}]: {message}" if name else f"{where}: {message}")

    def read_file(self, path):
        try:
            with open(path, "rb") as stream:
                tables = tomllib.load(stream)
        except tomllib.TOMLDecodeError as error:
            return self.error(path, "", f"not TOML: {error}")
        except UnicodeDecodeError as error:
            return self.error(path, "", f"not UTF-8: {error}")
        module = tables.pop("module", None)
        if module != path.parent.name:
            return self.error(path, "", f"must say module = \"{path.parent.name}\", as its folder does")
        for name, raw in tables.items():
            try:
                self.add(_entry(module, name, raw, path), raw)
            except EntryError as error:
                self.error(path, name, str(error))

    def add(self, entry, raw):
        if entry.kind != "service":
            return self.insert(entry, entry.name)
        inserted = [self.insert(e, entry.name) for e in _expand(entry, raw.get("nt_exported", True))]
        if any(inserted) and entry.symbol:
            self.services[entry.name] = Service(entry.name, entry.proto, entry.symbol)

    def insert(self, entry, table):
        """Adds one export. Files are read absent ones last, so what is there already wins over an absent file's entry."""
        key = (entry.module, entry.name)
        present = self.entries.get(key)
        if present is None:
            self.entries[key] = entry
            return True
        if is_absent_file(entry.file) and not is_absent_file(present.file):
            self.overridden.append((entry.file, table))
            return False
        raise EntryError(f"{entry.name} of {entry.module} is also in {present.file.relative_to(self.root)}")

    def resolve_forwards(self):
        """A forwarder has its target's prototype, limits and status, unless it states its own."""
        modules = {m.rsplit(".", 1)[0].lower(): m for m, _ in self.entries}
        for key, entry in list(self.entries.items()):
            if not entry.forward:
                continue
            match = _FORWARD.match(entry.forward)
            target = match and self.entries.get((modules.get(match[1].lower()), match[2]))
            if not target or target.forward:
                self.error(entry.file, entry.name, f"forward '{entry.forward}' names no entry (MODULE.NAME, itself no forwarder)")
                continue
            self.entries[key] = replace(
                entry, proto=entry.proto or target.proto, irql=target.irql, status=entry.status or target.status,
                does=entry.does or target.does, kind=target.kind, size=target.size)


def read(root):
    """Reads every file below `root`. Returns (Specification, error messages)."""
    reader = _Reader(root)
    files = sorted(root.glob("*/*.toml"))
    for path in sorted(files, key=is_absent_file):
        reader.read_file(path)
    reader.resolve_forwards()
    entries = [reader.entries[key] for key in sorted(reader.entries)]
    services = [reader.services[name] for name in sorted(reader.services)]
    return Specification(entries, services, reader.overridden), reader.errors
