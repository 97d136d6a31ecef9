"""What the diary costs a phone: bytes over the wire, the time from a tap to "saved", and what Lighthouse says.

    .venv/bin/python bench/phone.py weight
    .venv/bin/python bench/phone.py taps
    .venv/bin/python bench/phone.py lighthouse FOLDER    the folder in which `npm install lighthouse` was run

Starts the real gunicorn behind the shipped nginx site and asks both through the system's Chromium.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from shipped import HOME, Diary, demonstration, free_port

TAPS = 30


def main() -> None:
    wanted, *rest = sys.argv[1:] or ["help"]
    if wanted not in ("weight", "taps", "lighthouse"):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with demonstration(Path(folder)) as diary:
            print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n", flush=True)
            {"weight": weight, "taps": taps, "lighthouse": lighthouse}[wanted](diary, *rest)


# --- Bytes ---------------------------------------------------------------------------------------------------


def weight(diary: Diary) -> None:
    """Headers of HTTP/2 are counted, as nginx sent them; those of TLS and TCP are not."""
    print(
        "| page | visit | HTML | CSS | JS | icons and manifest | headers | in all | budget |\n"
        + "| --- " * 9
        + "|"
    )
    pages = [("Today", "patient", "/", (40_000, 8_000))]
    pages += [
        (name, "patient", address, (130_000, 0))
        for name, address in (("Month", "/months/"), ("Trends", "/trends/"))
    ]
    pages += [("Patient", "clinician", diary.patient_page, (130_000, 0))]
    precache: list[Any] = []
    scripts = 0
    for name, role, address, budgets in pages:
        with diary.browser(role) as context:
            page = context.pages[0]
            for visit, budget in zip(("first", "later"), budgets, strict=True):
                diary.sent()
                page.goto(address, wait_until="networkidle")
                if role == "patient":
                    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
                page.wait_for_timeout(1500)
                sent = diary.sent()
                own = [one for one in sent if not is_workers(one)]
                if name == "Today" and visit == "first":
                    precache = [one for one in sent if is_workers(one)]
                    scripts = sum(body for _, body, what, _, _ in own if what == "script")
                print(row(name, visit, own, budget), flush=True)
                page.goto("about:blank")
    print(f"\nScripts of Today, compressed: {scripts} bytes (budget 15000).")
    whole = sum(one[0] for one in precache)
    print(f"The worker's own, once and in the background: {len(precache)} answers, {whole} bytes.")


def is_workers(one: tuple[int, int, str, str, str]) -> bool:
    return "service-worker" in one[3] or one[2] == "serviceworker" or "/js/phone/worker" in one[3]


def row(name: str, visit: str, sent: list[tuple[int, int, str, str, str]], budget: int) -> str:
    kinds: Counter[str] = Counter()
    for _whole, body, what, _referer, address in sent:
        # A page that the worker asks for says no more what for.
        kinds["document" if address.endswith("/") else what] += body
    headers = sum(whole - body for whole, body, *_ in sent)
    others = sum(n for what, n in kinds.items() if what not in ("document", "style", "script"))
    whole = sum(one[0] for one in sent)
    parts = [kinds["document"], kinds["style"], kinds["script"], others, headers, whole]
    if os.environ.get("VERBOSE"):
        print(*sent, sep="\n")
    return (
        f"| {name} | {visit}, {len(sent)} answers | " + " | ".join(map(str, parts)) + f" | {budget or '–'} |"
    )


# --- Taps ----------------------------------------------------------------------------------------------------

WATCH = """
window.taps = [];
document.addEventListener("click", (event) => {
  if (!event.target.closest('form[data-op="headache"] button')) return;
  const began = performance.now();
  const watcher = new MutationObserver(() => {
    if (!document.querySelector(".saved")?.textContent.includes("Saved: ")) return;
    watcher.disconnect();
    const said = performance.now();
    requestAnimationFrame(() => setTimeout(() => taps.push([said - began, performance.now() - began])));
  });
  watcher.observe(document.querySelector("[data-messages]"), { childList: true });
}, { capture: true });
"""


def taps(diary: Diary) -> None:
    """From the click to the frame after the words are in the page; without a network, everything queued."""
    print("| processor | entries waiting | median | worst | budget |\n" + "| --- " * 5 + "|")
    for slowness in (1, 4):
        with diary.browser("patient") as context:
            page = context.pages[0]
            page.goto("/", wait_until="networkidle")
            page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
            context.set_offline(True)
            page.goto("/")
            page.locator('form[data-op="headache"] button').first.wait_for()
            session = context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": slowness})
            page.evaluate(WATCH)
            words = ("none", "mild", "moderate", "severe")
            for number in range(TAPS):
                page.locator(f'form[data-op="headache"] button[value="{words[number % 4]}"]').first.click()
                while page.evaluate("taps.length") <= number:
                    page.wait_for_timeout(20)
                page.wait_for_timeout(150)
            times = page.evaluate("taps")
            painted = [after for _said, after in times]
            print(
                f"| {slowness}× slower | 0 to {TAPS - 1} | {statistics.median(painted):.0f} ms "
                f"| {max(painted):.0f} ms | 100 ms |",
                flush=True,
            )
            if os.environ.get("VERBOSE"):
                print([round(one) for one in painted])


# --- Lighthouse ----------------------------------------------------------------------------------------------


def lighthouse(diary: Diary, tools: str, runs: str = "3") -> None:
    """Its own mobile phone and network, simulated; the best of some runs, since a busy machine only makes it worse."""
    program = Path(tools).resolve() / "node_modules" / ".bin" / "lighthouse"
    heads = "| page | performance | accessibility | best practices | LCP | TBT | CLS | FCP |\n"
    print(heads + "| --- " * 8 + "|")
    for name, role, address in (
        ("Today", "patient", "/"),
        ("Month", "patient", "/months/"),
        ("Trends", "patient", "/trends/"),
        ("Patient", "clinician", diary.patient_page),
    ):
        results = [result(diary, program, role, address) for _ in range(int(runs))]
        best = max(
            results, key=lambda one: (one["categories"]["performance"]["score"] or 0, -audit(one, LCP))
        )
        scores = [f"{100 * (one['score'] or 0):.0f}" for one in best["categories"].values()]
        times = [f"{audit(best, name):.0f} ms" for name in (LCP, TBT)]
        print(
            f"| {name} | "
            + " | ".join([*scores, *times, f"{audit(best, CLS):.3f}", f"{audit(best, FCP):.0f} ms"])
            + " |"
        )
        for line in findings(best):
            print(f"  {line}", file=sys.stderr, flush=True)


def result(diary: Diary, program: Path, role: str, address: str) -> Any:
    """One run in a browser that was never here. Now and then it misses the beginning of its own recording."""
    for _ in range(4):
        port, out = free_port(), diary.folder / "lighthouse.json"
        with diary.browser(role, f"--remote-debugging-port={port}"):
            command = [str(program), f"{HOME}{address}", f"--port={port}", "--quiet", "--output=json"]
            command += [f"--output-path={out}", "--only-categories=performance,accessibility,best-practices"]
            if subprocess.run(command, cwd=diary.folder, stdout=subprocess.DEVNULL).returncode == 0:
                found = json.loads(out.read_text())
                if all(one["score"] is not None for one in found["categories"].values()):
                    return found
    sys.exit("Lighthouse failed four times.")


LCP, TBT, CLS, FCP = (
    "largest-contentful-paint",
    "total-blocking-time",
    "cumulative-layout-shift",
    "first-contentful-paint",
)


def audit(result: Any, name: str) -> float:
    return float(result["audits"][name].get("numericValue") or 0)


def findings(result: Any) -> list[str]:
    """What it would have different."""
    found = []
    for category in result["categories"].values():
        for ref in category["auditRefs"]:
            one = result["audits"][ref["id"]]
            if one["score"] is not None and one["score"] < 1:
                items = json.dumps(one.get("details", {}).get("items", []))[:600]
                found.append(
                    f"{one['score']:.2f} {one['id']}: {one['title']} {one.get('displayValue', '')} {items}"
                )
    return found


if __name__ == "__main__":
    main()
