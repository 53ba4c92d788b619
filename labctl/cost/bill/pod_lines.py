"""What the pods cost: by what they request, by the smallest size that holds them, or as shares of whole nodes.

Subtle: a share of a node is half by CPU and half by memory, so the shares never exceed the nodes, and the rest of the nodes is a
line of its own. That is what is paid for and not used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil

from labctl import numbers
from labctl.cost.bill.bill import Asked, BillLine, Group
from labctl.cost.money import Money
from labctl.cost.prices.table import GIB, MONTH_HOURS, Machine, PodRules, PodSize, Price, Provider, Unit
from labctl.errors import UsageError
from labctl.targets.pods import Pod

_MONTHLY = {Unit.VCPU_MONTH, Unit.GIB_MONTH}
_FUZZ = 1e-9                            # rounding error of sums such as 0.1 + 0.2


def lines(asked: Asked) -> Iterator[BillLine]:
    pods, provider = charged_pods(asked), asked.provider
    if provider.free:
        yield from (_line(pod, Money(), (), provider.free) for pod in pods)
    elif provider.machine:
        yield from _on_nodes(pods, provider, provider.machine, asked)
    else:
        for pod in pods:
            yield _requested(pod, provider, provider.pods or PodRules(), asked)


def charged_pods(asked: Asked) -> Sequence[Pod]:
    """The pods that the price table counts, with the replicas that are asked for."""
    wanted, replicas = asked.table.components, asked.what_if.replicas
    mine = {name for backend in asked.backends for name in backend.components}
    others = {name for backend in asked.table.backends.values() for name in backend.components} - mine
    counted = [pod for pod in asked.pods if (not wanted or pod.component in wanted) and pod.component not in others]
    return [replace(pod, replicas=replicas) if replicas and pod.component == "service" else pod for pod in counted]


def node_count(asked: Asked) -> int:
    """How many nodes the pods need; 1 where nodes are the provider's affair."""
    machine = asked.provider.machine
    return _nodes(charged_pods(asked), machine, asked) if machine else 1


def spot(cost: Money, asked: Asked) -> Money:
    price = asked.provider.prices.get("spot")
    if not asked.what_if.spot or price is None:
        return cost
    return Money(cost.low * (1 - price.amount.high), cost.high * (1 - price.amount.low))


def _requested(pod: Pod, provider: Provider, rules: PodRules, asked: Asked) -> BillLine:
    size = _charged(pod, rules, provider)
    cost = _cost(size, provider) * pod.replicas
    bigger = size.cpu > pod.cpu + _FUZZ or size.memory > pod.memory + 1
    why = f"charged as {text(size)}" if bigger else ""
    return _line(pod, spot(cost, asked), _prices(provider, "cpu", "memory", asked=asked), why)


def _charged(pod: Pod, rules: PodRules, provider: Provider) -> PodSize:
    cpu = max(pod.cpu, rules.least.cpu) + rules.overhead.cpu
    memory = max(pod.memory, rules.least.memory) + rules.overhead.memory
    if not rules.sizes:
        return PodSize(cpu, memory)
    large = [size for size in rules.sizes if size.cpu >= cpu - _FUZZ and size.memory >= memory - 1]
    if not large:
        raise UsageError(f"no size of {provider.title} holds a pod of the {pod.component}: {text(PodSize(cpu, memory))}")
    return min(large, key=lambda size: _cost(size, provider).low)


def _cost(size: PodSize, provider: Provider) -> Money:
    cpu, memory = provider.prices["cpu"], provider.prices["memory"]
    return _monthly(cpu) * size.cpu + _monthly(memory) * (size.memory / GIB)


def _monthly(price: Price) -> Money:
    return price.amount * (1.0 if price.unit in _MONTHLY else MONTH_HOURS)


def _on_nodes(pods: Sequence[Pod], provider: Provider, machine: Machine, asked: Asked) -> Iterator[BillLine]:
    count, prices = _nodes(pods, machine, asked), _prices(provider, "node", asked=asked)
    node = spot(provider.prices["node"].amount * MONTH_HOURS, asked)
    shares = [pod.replicas * (pod.cpu / machine.room.cpu + pod.memory / machine.room.memory) / 2 for pod in pods]
    for pod, share in zip(pods, shares, strict=True):
        yield _line(pod, node * share, prices, f"{numbers.percent(share, count)} of {_named(count, machine)}")
    left = count - sum(shares)
    yield BillLine(
        Group.PODS, "rest of the nodes", left, "nodes", node * left, "the pods' requests", prices,
        f"{_named(count, machine)} is the least that can hold these pods",
    )


def _nodes(pods: Sequence[Pod], machine: Machine, asked: Asked) -> int:
    for pod in pods:
        if pod.cpu > machine.room.cpu + _FUZZ or pod.memory > machine.room.memory + 1:
            size = text(PodSize(pod.cpu, pod.memory))
            message = f"a pod of the {pod.component} ({size}) does not fit on one {machine.name}"
            raise UsageError(message, hint=f"labctl cost --provider {_without_nodes(asked) or 'NAME'}")
    cpu = sum(pod.replicas * pod.cpu for pod in pods) / machine.room.cpu
    memory = sum(pod.replicas * pod.memory for pod in pods) / machine.room.memory
    return max(1, ceil(max(cpu, memory) - _FUZZ))


def _without_nodes(asked: Asked) -> str:
    """A provider whose pods have no node to fit on."""
    return next((name for name, one in asked.table.providers.items() if one.machine is None and not one.free), "")


def _named(count: int, machine: Machine) -> str:
    return f"{count} × {machine.name}"


def _prices(provider: Provider, *slots: str, asked: Asked) -> Sequence[Price]:
    wanted = [*slots, "spot"] if asked.what_if.spot else slots
    return [provider.prices[slot] for slot in wanted if slot in provider.prices]


def _line(pod: Pod, cost: Money, prices: Sequence[Price], why: str) -> BillLine:
    size = f"pods of {text(PodSize(pod.cpu, pod.memory))}"
    return BillLine(Group.PODS, pod.component, float(pod.replicas), size, cost, pod.source, prices, why)


def text(size: PodSize) -> str:
    """`0.25 vCPU, 256 MiB`."""
    return f"{numbers.cores(size.cpu)} vCPU, {numbers.size(size.memory)}"
