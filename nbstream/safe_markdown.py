def safe_markdown(text: str) -> str:
    return text
