"""One self-contained page drawn from a plain dict."""
