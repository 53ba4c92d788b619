"""The propagator of OTEL_PROPAGATORS=none: every request begins a trace of its own.

The SDK makes a composite of none, which extracts None instead of a context: the request that attaches that is never answered.
"""

from opentelemetry.context import Context, get_current
from opentelemetry.propagators.textmap import CarrierT, Getter, Setter, TextMapPropagator, default_getter, default_setter


class NoPropagator(TextMapPropagator):
    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter,  # noqa: ARG002
    ) -> Context:
        return get_current() if context is None else context

    def inject(self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter) -> None:
        pass

    @property
    def fields(self) -> set[str]:
        return set()


def install() -> None:
    from opentelemetry.propagate import set_global_textmap  # reads the variable, and makes the SDK's own

    set_global_textmap(NoPropagator())
