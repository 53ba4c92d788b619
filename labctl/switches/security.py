"""--tls, --mtls and --auth: telemetry and queries encrypted, from senders with a certificate, from whoever has the token."""

from typing import Final

from labctl.switches.switch import Switch, just_on

TLS: Final = Switch(
    "tls", "on|off", ("on",),
    "TLS with an own CA from the service to the collector, from there to the viewer, and for labctl and other clients",
    just_on("tls"),
)
MTLS: Final = Switch(
    "mtls", "on|off", ("on",), "senders of telemetry and whoever asks the viewer have to show a certificate of the lab's CA",
    just_on("mtls"), needs=(TLS.name,),
)
AUTH: Final = Switch(
    "auth", "on|off", ("on",), "telemetry and the viewer's queries need a bearer token, which is in a private file or a Secret",
    just_on("auth"), needs=(TLS.name,),
)
