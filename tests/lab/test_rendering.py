"""How a mixed answer looks while it comes and when it is there, for people to look at, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.answers import mixed, pieces
from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .test_stream import Model, model  # noqa: F401  # a fixture

pytestmark = lab_only

TEXT = mixed(4000)
DELTAS = pieces(TEXT)
# In the second section's code.
MIDDLE = TEXT.index("for attempt", TEXT.index("## Step 2")) // 4


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_mixed_answer(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    shots: Path,
    theme: str,
) -> None:
    gated = model(Scenario(text=DELTAS, gates=frozenset({"deltas"})))
    page = open_notebook([f"%%stream {gated.name}\nEverything."], dark=theme == "dark")
    page.start(1)
    gated.request().release(MIDDLE)
    output = page.output(1)
    # The heavy parts have come from the kernel: code has colours, formulas are MathML.
    page.wait(lambda: output.locator(".nbs-tok-keyword").count() > 0, "highlighted code")
    page.wait(lambda: output.locator("math").count() > 0, "formulas")
    page.wait(lambda: output.locator("h2").count() == 2, "the second section")
    assert "**" not in output.inner_text()
    assert "$5 or $10" in output.inner_text()

    def place() -> dict[str, float]:
        """Where text begins, and how large code is."""
        found = page.page.evaluate(
            """(output) => {
                const left = (found) => output.querySelector(found).getBoundingClientRect().left;
                const code = output.querySelector("pre code");
                const size = parseFloat(getComputedStyle(code).fontSize);
                return { heading: left("h2"), code: left("pre"), item: left("li"), size };
            }""",
            output.element_handle(),
        )
        return {name: round(value) for name, value in found.items()}

    live = place()

    def shoot(moment: str) -> None:
        name = f"{page.server.app}-{theme}-mixed-{moment}"
        for width, height in ((1100, 1400), (480, 1000)):
            page.page.set_viewport_size({"width": width, "height": height})
            page.page.evaluate("() => new Promise(requestAnimationFrame)")
            page.page.screenshot(path=shots / f"{name}-{width}.png")

    shoot("mid")
    gated.request().release(len(DELTAS) - MIDDLE)
    page.wait(lambda: page.widget(1).count() == 0, "the finished text in the widget's place")
    page.wait(lambda: output.locator("mjx-container").count() > 0, "typeset formulas")
    shoot("end")
    page.page.set_viewport_size({"width": 1100, "height": 800})
    page.wait(lambda: place() == live, f"the same places as before: {live}, not {place()}")
