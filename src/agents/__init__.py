"""Roles played by language models; the only place that may import the openai-agents SDK."""
