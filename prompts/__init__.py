"""One Markdown file a prompt; versioned by its SHA-256."""
