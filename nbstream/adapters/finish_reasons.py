"""Finish reasons: each service's words for how an answer ended, and what they mean. Pure."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, fields
from typing import Literal

Kind = Literal[
    "whole",
    "length",
    "context",
    "filtered",
    "aborted",
    "overloaded",
    "bad_call",
    "paused",
    "unnamed",
    "failed",
    "open",
]
"""The meaning of a word: the answer is complete; it was cut by the token limit or the context
window, filtered, aborted, ended for lack of resources, by an invalid call or for an unnamed reason,
or paused; the server failed; or the answer has not ended."""


@dataclass(frozen=True)
class Service:
    """The words of one service, separated by spaces, and where they are documented."""

    name: str
    source: str
    whole: str = ""
    length: str = ""
    context: str = ""
    filtered: str = ""
    aborted: str = ""
    overloaded: str = ""
    bad_call: str = ""
    paused: str = ""
    unnamed: str = ""
    failed: str = ""
    open: str = ""


SERVICES = (
    Service(
        "OpenAI, Azure, Groq, Fireworks, AI21, llama.cpp",
        "https://platform.openai.com/docs/api-reference/chat-streaming/streaming",
        whole="stop tool_calls function_call",
        length="length",
        filtered="content_filter",
    ),
    Service(
        "OpenAI Responses and Assistants",
        "https://platform.openai.com/docs/api-reference/responses/object",
        whole="completed requires_action",
        length="max_output_tokens max_completion_tokens max_prompt_tokens",
        filtered="content_filter",
        aborted="incomplete cancelled expired",
        failed="failed",
    ),
    Service(
        "Anthropic",
        "https://docs.claude.com/en/api/handling-stop-reasons",
        whole="end_turn stop_sequence tool_use",
        length="max_tokens",
        context="model_context_window_exceeded",
        filtered="refusal",
        paused="pause_turn compaction",
    ),
    Service(
        "Google",
        "https://ai.google.dev/api/generate-content#FinishReason",
        whole="STOP",
        length="MAX_TOKENS",
        filtered="SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY"
        " IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION MODEL_ARMOR ESCALATION",
        bad_call="MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS"
        " MISSING_THOUGHT_SIGNATURE MALFORMED_RESPONSE",
        unnamed="OTHER IMAGE_OTHER NO_IMAGE",
        open="FINISH_REASON_UNSPECIFIED",
    ),
    Service(
        "Mistral",
        "https://docs.mistral.ai/api/endpoint/chat",
        whole="stop tool_calls",
        length="length",
        context="model_length",
        failed="error",
    ),
    Service(
        "DeepSeek",
        "https://api-docs.deepseek.com/api/create-chat-completion",
        whole="stop tool_calls",
        length="length",
        filtered="content_filter",
        overloaded="insufficient_system_resource",
    ),
    Service(
        "Z.ai",
        "https://docs.z.ai/api-reference/llm/chat-completion",
        whole="stop tool_calls",
        length="length",
        context="model_context_window_exceeded",
        filtered="sensitive",
        failed="network_error",
    ),
    Service(
        "vLLM",
        "https://github.com/vllm-project/vllm/blob/main/vllm/v1/engine/__init__.py",
        whole="stop tool_calls",
        length="length",
        aborted="abort repetition",
        failed="error",
    ),
    Service(
        "SGLang",
        "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/managers/schedule_batch.py",
        whole="stop tool_calls",
        length="length",
        aborted="abort",
    ),
    Service(
        "Amazon Bedrock",
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
        whole="end_turn tool_use stop_sequence finish",
        length="max_tokens",
        context="model_context_window_exceeded",
        filtered="guardrail_intervened content_filtered",
        bad_call="malformed_model_output malformed_tool_use",
    ),
    Service(
        "Cohere",
        "https://docs.cohere.com/reference/chat",
        whole="COMPLETE STOP_SEQUENCE TOOL_CALL",
        length="MAX_TOKENS",
        context="ERROR_LIMIT",
        filtered="ERROR_TOXIC",
        aborted="USER_CANCEL TIMEOUT",
        failed="ERROR",
    ),
    Service(
        "xAI",
        "https://github.com/xai-org/xai-proto/blob/main/proto/xai/api/v1/sample.proto",
        whole="REASON_STOP REASON_TOOL_CALLS end_turn",
        length="REASON_MAX_LEN",
        context="REASON_MAX_CONTEXT",
        aborted="REASON_TIME_LIMIT",
    ),
    Service(
        "Together",
        "https://docs.together.ai/reference/chat-completions-1",
        whole="stop eos tool_calls function_call",
        length="length",
    ),
    Service(
        "OpenRouter",
        "https://openrouter.ai/docs/api-reference/overview#finish-reason",
        whole="stop tool_calls",
        length="length",
        filtered="content_filter",
        failed="error",
    ),
    Service(
        "Hugging Face TGI",
        "https://huggingface.co/docs/text-generation-inference/reference/api_reference",
        whole="eos_token stop_sequence stop",
        length="length",
    ),
    Service(
        "Ollama",
        "https://github.com/ollama/ollama/blob/main/server/routes.go",
        whole="stop tool_calls",
        length="length",
        aborted="load unload",
        open="null",
    ),
    Service(
        "llama.cpp, native",
        "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        whole="eos word",
        length="limit",
        open="none",
    ),
    Service(
        "IBM watsonx",
        "https://ibm.github.io/watsonx-ai-node-sdk/interfaces/1_6_x.WatsonXAI.TextChatResultChoice-1.html",
        whole="stop tool_calls eos_token",
        length="length max_tokens token_limit",
        aborted="time_limit cancelled",
        failed="error",
        open="null not_finished",
    ),
    Service(
        "Alibaba DashScope",
        "https://www.alibabacloud.com/help/en/model-studio/use-qwen-by-calling-api",
        whole="stop tool_calls",
        length="length",
        open="null",
    ),
    Service(
        "Vercel AI SDK",
        "https://github.com/vercel/ai/blob/main/packages/provider/src/language-model/v2/language-model-v2-finish-reason.ts",
        whole="stop tool-calls",
        length="length",
        filtered="content-filter",
        unnamed="other unknown",
        failed="error",
    ),
    Service(
        "LangChain, LangChain4j",
        "https://github.com/langchain4j/langchain4j/blob/main/langchain4j-core/src/main/java/dev/langchain4j/model/output/FinishReason.java",
        whole="STOP TOOL_EXECUTION tool_call",
        length="LENGTH",
        context="context_exceeded",
        filtered="CONTENT_FILTER refusal",
        unnamed="OTHER",
    ),
    Service(
        "GigaChat",
        "https://developers.sber.ru/docs/ru/gigachat/api/reference/rest/post-chat",
        whole="stop function_call",
        length="length",
        filtered="blacklist",
        failed="error",
    ),
    Service(
        "YandexGPT",
        "https://yandex.cloud/en/docs/foundation-models/text-generation/api-ref/TextGeneration/completion",
        whole="ALTERNATIVE_STATUS_FINAL ALTERNATIVE_STATUS_TOOL_CALLS",
        length="ALTERNATIVE_STATUS_TRUNCATED_FINAL",
        filtered="ALTERNATIVE_STATUS_CONTENT_FILTER",
    ),
    Service(
        "Baidu Qianfan",
        "https://cloud.baidu.com/doc/qianfan-api/s/3m7of64lb",
        whole="normal stop tool_calls function_call",
        length="length",
        filtered="content_filter",
    ),
)
"""One table for all services: a word means the same whichever service uses it."""

CUT = "the connection ended before the answer was complete; run the cell again"
_PREFIXES = re.compile(r"^(?:finishreason|stopreason|alternativestatus|reason)+(?=.)")


def plain(word: str) -> str:
    """``word`` in lower case, without hyphens, underscores and prefixes such as ``FinishReason``.

    >>> plain("MAX_TOKENS") == plain("max-tokens") == plain("FinishReason.MaxTokens")
    True
    """
    letters = "".join(filter(str.isalnum, word)).casefold()
    return _PREFIXES.sub("", letters)


_KINDS: dict[str, Kind] = {
    plain(word): kind.name  # type: ignore[misc]  # the fields are named as the kinds
    for service in SERVICES
    for kind in fields(service)[2:]
    for word in getattr(service, kind.name).split()
}


@functools.lru_cache(maxsize=256)
def kind_of(word: str) -> Kind | None:
    """The meaning of a finish reason; None for a word that no service documents.

    >>> kind_of("Content-Filter"), kind_of("upstream_error"), kind_of("moon_phase")
    ('filtered', 'failed', None)
    """
    if not word:
        return "open"
    letters = plain(word)
    kind = _KINDS.get(letters)
    # Failures have many names.
    return "failed" if kind is None and _FAILS.search(letters) else kind


_FAILS = re.compile(r"error|exception|fail(?:ed|ure)?$")
_CUTS: dict[Kind, tuple[str, str]] = {
    "length": ("the answer reached the token limit", "raise max_tokens"),
    "context": ("the answer filled the model's context window", "shorten the conversation"),
    "filtered": ("the provider's content filter cut the answer", "change the prompt"),
    "aborted": ("the server ended the answer early", "run the cell again"),
    "overloaded": ("the server ran out of resources mid-answer", "run the cell again later"),
    "bad_call": ("the model made a call that its server could not use", "run the cell again"),
    "paused": ("the server paused mid-answer", "continue the answer"),
    "unnamed": ("the server ended the answer without saying why", "the answer may be cut"),
    "failed": ("the server failed mid-answer", "run the cell again"),
}
_UNKNOWN = ("the server ended the answer for an unknown reason", "the answer may be cut")


def incomplete_reason(finish_reason: str | None, *, expected: bool) -> str | None:
    """Why an answer that ended without an error is incomplete, in words; None if it is complete.

    ``expected`` says whether the wire format ends every complete answer with a finish reason. An
    answer with an unknown word counts as incomplete: services invent words for answers that were
    cut, and a tool must not run with half of its arguments.

    >>> incomplete_reason(None, expected=True)
    'the connection ended before the answer was complete; run the cell again'
    >>> incomplete_reason("MAX_TOKENS", expected=True)
    'the answer reached the token limit (finish_reason: MAX_TOKENS); raise max_tokens'
    """
    kind = "open" if finish_reason is None else kind_of(finish_reason)
    if kind == "open":
        return CUT if expected else None
    if kind == "whole":
        return None
    if finish_reason == "incomplete":
        return "the server calls the response incomplete; run the cell again"
    what, advice = _UNKNOWN if kind is None else _CUTS[kind]
    return f"{what} (finish_reason: {finish_reason}); {advice}"
