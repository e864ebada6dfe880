"""What an answer is made of: events in; parts, choices and a status out."""

from .choices import ToolCall as ToolCall
from .transcript import Part as Part
from .transcript import Transcript as Transcript
