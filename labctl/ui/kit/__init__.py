"""What every screen is built from: bars, axis, table, palette, consoles and safe text."""
