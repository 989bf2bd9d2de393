"""Questions to vision-language models over an OpenAI-compatible endpoint, one file per question."""
