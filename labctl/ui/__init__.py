"""The screen: rich's only home. One view per screen, built from `kit/`."""
