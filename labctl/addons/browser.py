"""Opens an address in the user's browser, where there is a display to show it on."""

import os
import sys


def there_is_one() -> bool:
    """Whether a browser can be shown to whoever types here: `webbrowser` alone would start one in the terminal."""
    if not sys.stdout.isatty():
        return False
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def show(url: str) -> bool:
    """Whether one could be started."""
    import webbrowser

    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
