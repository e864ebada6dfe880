"""What is measured beside nbstream, as code for a cell: the bare SDK, and what people do today."""

from __future__ import annotations

SETUP = """
import asyncio, gc, json, time
import ipywidgets, nbstream, openai
from IPython.display import Markdown, display

client = openai.AsyncOpenAI(max_retries=0)

async def tokens_of(model):
    stream = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hi"}], stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content

async def run_bare(model):
    pieces = []
    async for piece in tokens_of(model):
        pieces.append(piece)
    return "".join(pieces)

async def run_nbstream(model):
    w = nbstream.stream("Hi", model=model)
    display(w)
    await w
    return w.text

async def run_markdown(model):
    text, handle = "", display(Markdown(""), display_id=True)
    async for piece in tokens_of(model):
        text += piece
        handle.update(Markdown(text))
    return text

async def run_html(model):
    w = ipywidgets.HTML()
    display(w)
    async for piece in tokens_of(model):
        w.value += piece
    return w.value

async def measure(run, model, streams=1):
    wall, cpu = time.perf_counter(), time.process_time()
    texts = await asyncio.gather(*(run(model) for _ in range(streams)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"wall": wall, "cpu": cpu, "lengths": sorted(map(len, texts))}))
"""

CLEAR = """
ipywidgets.Widget.close_all()
gc.collect()
"""
"""For between two turns: else what one has displayed makes the full garbage collections of all that
follow it longer, whosever they are."""

NAMES = {
    "bare": "bare AsyncOpenAI loop",
    "nbstream": "nbstream",
    "markdown": "display(Markdown) + update_display",
    "html": "ipywidgets.HTML",
}


def cell(contender: str, model: str, streams: int = 1) -> str:
    """A cell that prints wall and processor seconds as JSON."""
    return f"await measure(run_{contender}, {model!r}, {streams})"
