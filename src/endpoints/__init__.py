"""How a language model is reached: entries, limits, money, retries. Nothing here knows what is asked, or why."""
