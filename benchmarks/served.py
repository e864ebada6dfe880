"""What `serve` measures: a FastAPI application that streams answers, by the engine and by the bare
SDK. ``python -m benchmarks.served UPSTREAM`` prints its URL and ends with its standard input."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import openai
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from nbstream import engine
from tests.support.serving import serving


def make_app(upstream: str) -> FastAPI:
    """Answers of ``upstream``, at ``/engine`` and ``/bare``."""
    app = FastAPI()
    client = openai.AsyncOpenAI(base_url=upstream, api_key="bench", max_retries=0)

    async def by_engine(model: str) -> AsyncIterator[str]:
        async with engine.stream("Hi", client=client, model=model) as s:
            async for text in s:
                yield text

    async def by_sdk(model: str) -> AsyncIterator[str]:
        stream = await client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        async with stream:
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    yield chunk.choices[0].delta.content

    @app.get("/engine")
    async def engine_answer(model: str) -> StreamingResponse:
        return StreamingResponse(by_engine(model), media_type="text/plain")

    @app.get("/bare")
    async def bare_answer(model: str) -> StreamingResponse:
        return StreamingResponse(by_sdk(model), media_type="text/plain")

    return app


if __name__ == "__main__":
    with serving(make_app(sys.argv[1])) as url:
        print(url, flush=True)
        sys.stdin.read()
