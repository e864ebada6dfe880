"""A long answer, sent as fast as the server can, in a page that stays usable."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.answers import mixed, pieces
from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .test_stream import Model, model  # noqa: F401  # a fixture

# What each long frame (over 50 ms) spent in the widget's module, which comes from a blob address.
WATCH = """() => {
    window.frames_ = []; window.beats_ = 0;
    const beat = () => { window.beats_++; requestAnimationFrame(beat); };
    beat();
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            const ours = entry.scripts.filter((script) => script.sourceURL.startsWith("blob:"));
            const layout = entry.styleAndLayoutStart
                ? entry.startTime + entry.duration - entry.styleAndLayoutStart : 0;
            window.frames_.push({
                duration: entry.duration,
                ours: ours.reduce((sum, script) => sum + script.duration, 0),
                layout,
                longest: Math.max(0, ...entry.scripts.map((script) => script.duration)),
                scripts: entry.scripts.filter((script) => script.duration > 10).map((script) => ({
                    duration: script.duration,
                    forced: script.forcedStyleAndLayoutDuration,
                    who: `${script.invoker} ${script.sourceFunctionName}`,
                    source: `${script.sourceURL.slice(0, 60)}:${script.sourceCharPosition}`,
                })),
            });
        }
    }).observe({ type: "long-animation-frame", buffered: false });
}"""


@lab_only
def test_twenty_thousand_tokens_at_full_speed(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    shots: Path,
) -> None:
    text = mixed(80_000)
    fast = model(Scenario(text=pieces(text)))
    source = f"%%stream {fast.name} --persist widget\nEverything."
    page = open_notebook([source], own_page=True)
    page.page.evaluate(WATCH)
    page.run(1, timeout=120)
    # The last section's number: all of it is there, in its elements.
    sections = text.count("\n## ")
    heading = f"Step {sections}: measure before you change anything"
    output = page.widget(1)
    page.wait(lambda: output.locator("h2").count() == sections, "all headings")
    page.wait(lambda: heading in output.locator("h2").last.inner_text(), "the last heading")
    assert output.locator("pre").count() == sections
    assert output.locator("table").count() == sections
    frames = page.page.evaluate("() => ({ long: window.frames_, beats: window.beats_ })")
    (shots / f"{page.server.app}-load.json").write_text(json.dumps(frames, indent=1))
    assert frames["beats"] > 20, "the page went on painting"
