"""Every bugcheck that the kernel raises is in the table of what bugchecks and their parameters mean."""

import pathlib
import re
import sys

KERNEL = pathlib.Path(__file__).resolve().parents[2] / "kernel"
RAISED = re.compile(r"BugCheck\(\s*([A-Z][A-Z_0-9]{3,})|report\.code = ([A-Z_0-9]+);|return ([A-Z_]*EXCEPTION[A-Z_]*);")

known = set(re.findall(r"^    \{([A-Z_0-9]+),", (KERNEL / "ke/bugcheck_text.cpp").read_text(), re.M))
raised = {name for path in KERNEL.rglob("*.cpp") for match in RAISED.findall(path.read_text()) for name in match if name}
raised = {name for name in raised if not name.startswith("STATUS_") and name != "ULONG"}
missing = sorted(raised - known)
print(f"{len(raised)} bugchecks are raised; not in the table: {missing}")
sys.exit(1 if missing else 0)
