"""Long answers with everything in them that models write, the same at every run."""

from __future__ import annotations

SECTION = """\
## Step {n}: measure before you change anything

A **first** look at `cache[{n}]` says little; *profilers* say more, see
[the manual](https://docs.example/profile?page={n}) and the ~~old~~ new numbers. The cost grows
as $O(n \\log n)$ here, and with a budget of $5 or $10 nobody minds.

1. Record the time of `load()` in a loop.
2. Compare it with the floor:
   - plain text, appended
   - the same with **bold** words
3. Keep what is faster.

```python
def load(path: str, *, retries: int = {n}) -> dict[str, float]:
    \"\"\"Reads the figures, once more if the file is busy.\"\"\"
    for attempt in range(retries):  # a comment
        with open(path, encoding="utf-8") as file:
            return {{key: float(value) for key, value in json.load(file).items()}}
    raise TimeoutError(f"{{path}} is busy after {{retries}} attempts")
```

| step | time (ms) | share |
|:-----|----------:|:-----:|
| read | {n}.5 | 40 % |
| parse | 12.25 | 35 % |
| show | 7.75 | 25 % |

> A quote that goes on
> over two lines, with `code` in it.

$$
\\sum_{{i=1}}^{{{n}}} x_i^2 = \\frac{{n(n+1)(2n+1)}}{{6}}
$$

"""


def mixed(characters: int) -> str:
    """About ``characters`` characters of Markdown: sections, each with one of everything."""
    text = "# A long answer\n\n"
    number = 0
    while len(text) < characters:
        number += 1
        text += SECTION.format(n=number)
    return text


def pieces(text: str, size: int = 4) -> list[str]:
    """``text`` cut into deltas of ``size`` characters, about a token each."""
    return [text[at : at + size] for at in range(0, len(text), size)]
