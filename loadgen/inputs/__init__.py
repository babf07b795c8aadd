"""What is sent: texts and recordings from a seeded generator, or from the user's files."""

from loadgen.inputs.files import Fault, InputsError, read_prompts, read_wavs
from loadgen.inputs.source import Source, Wav, load_inputs

__all__ = ["Fault", "InputsError", "Source", "Wav", "load_inputs", "read_prompts", "read_wavs"]
