"""Makes text that models and servers wrote safe to print in a terminal.

A terminal obeys control characters in its input: they overwrite text, rename the window, or fill
the clipboard (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html). Bidirectional controls make
text appear in another order than it has (https://trojansource.codes).
"""

from __future__ import annotations

_BIDI_CONTROLS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_VISIBLE = {
    # Unicode has a picture of each ASCII control.
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "\u2421",
    **{code: f"\\x{code:02x}" for code in range(0x80, 0xA0)},
    **{code: f"\\u{code:04x}" for code in _BIDI_CONTROLS},
}


_REORDERING = str.maketrans(
    {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
)


def in_order(text: str) -> str:
    r"""``text`` with the bidirectional controls made visible that reorder what surrounds it, for
    where it stands in a line of somebody else's. Marks stay, which right-to-left text needs.

    >>> in_order("\u202etxt.exe"), in_order("\u200fab")
    ('\\u202etxt.exe', '\u200fab')
    """
    return text.translate(_REORDERING)


def printable(text: str) -> str:
    r"""``text`` with its control characters made visible; line ends and tabs stay.

    >>> printable("\x1b[2Jdone\r\n"), printable("\u202etxt.exe\x9b")
    ('␛[2Jdone\n', '\\u202etxt.exe\\x9b')
    """
    return text.replace("\r\n", "\n").translate(_VISIBLE)
