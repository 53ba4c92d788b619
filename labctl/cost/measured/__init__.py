"""What a load run measured of the lab: its telemetry, and what its components used."""
