"""The commands, by panel of `labctl --help`: the module of each and its summary, which is the first paragraph of its help.

Subtle: a module is imported only when its command is run, so that the others cost nothing at the start. This is why the summary
stands here a second time; a test compares it with the command's own help. The function is called like its module.
"""

from typing import Final, NamedTuple


class Entry(NamedTuple):
    module: str                         # in labctl.cli
    summary: str


COMMANDS: Final = {
    "The lab": {
        "up": Entry("lab.up", "Start the lab, or apply changed settings, code and manifests to the running one."),
        "dev": Entry(
            "lab.dev",
            "Start the lab, then apply every change of service/, manifests/ and .env until Ctrl-C. The lab keeps running.",
        ),
        "status": Entry("lab.status", "Show each component: its state, its addresses and how long it has been running."),
        "describe": Entry(
            "lab.describe",
            "Show one component in full: pods or process, image, command, limits and requests, probes, ports and where they "
            "lead, mounts, environment, the last events and log lines.",
        ),
        "check": Entry(
            "lab.check",
            "Send one request through the lab and follow its trace hop by hop: service, collector, viewer.",
        ),
        "why": Entry(
            "lab.why",
            "Say what is wrong with the running lab: the cause, the evidence for it, and the command that fixes it.",
        ),
        "break": Entry(
            "faults.break_",
            "Inject a fault into the running lab, to be found with `labctl why` and undone with `labctl mend`.",
        ),
        "mend": Entry("faults.mend", "Undo what `labctl break` did, and prove that it is gone."),
        "exec": Entry(
            "lab.exec_",
            "Run a command where a component runs, as in: labctl exec service -- nc -zv otel-collector 4317",
        ),
        "forward": Entry(
            "lab.forward",
            "Forward a local port to a component until Ctrl-C. The forward survives a replacement of the component.",
        ),
        "down": Entry("lab.down", "Stop and remove the lab, and verify that nothing is left."),
        "export": Entry("lab.export", "Write the lab as files for kubectl, which work without labctl."),
        "kubeconfig": Entry(
            "lab.kubeconfig",
            "Print the path of the cluster's kubeconfig, as in: "
            'kubectl --kubeconfig "$(labctl kubeconfig)" get pods',
        ),
        "config": Entry("lab.config", "Show every setting with its value and its source: flag, environment, .env or default."),
        "doctor": Entry(
            "lab.doctor",
            "Check this machine: Python, ports, disk, and what each target needs. Exit 3 when the local target cannot run.",
        ),
        "version": Entry(
            "lab.version",
            "Print the versions of labctl and of Python, or with --sbom the software bill of materials.",
        ),
    },
    "Load": {
        "load": Entry("load.load", "Send requests and report latency percentiles, a histogram, and what became of every span."),
        "runs": Entry("load.runs", "List this lab's load runs, newest last, and whether each met its thresholds."),
        "compare": Entry(
            "load.compare",
            "Compare two load runs and say whether a difference is more than noise. Exit 6 when something got worse.",
        ),
        "cost": Entry(
            "cost.cost",
            "Work out what the lab would cost in a month, from its pods' requests, the telemetry that a load run measured, "
            "and prices.",
        ),
        "sampling": Entry("load.sampling", "Try a sampling policy on a run's stored traces."),
    },
    "Telemetry": {
        "trace": Entry(
            "telemetry.trace",
            "Show a trace as a waterfall, from the client's span down, and name the span that took the time.",
        ),
        "metrics": Entry(
            "telemetry.metrics",
            "Show metrics as the viewer received them: value, rate per second, recent history, mean and percentiles.",
        ),
        "logs": Entry("telemetry.logs", "Print the components' logs on stdout, merged by time."),
        "slo": Entry(
            "telemetry.slo",
            "Show what is left of each objective's error budget, or set service level objectives, which Prometheus then "
            "watches.",
        ),
        "alerts": Entry(
            "telemetry.alerts",
            "Show which alerts fire, since when, and what `labctl why` finds; and those resolved within the last hour.",
        ),
        "top": Entry(
            "telemetry.top",
            "Show each component's CPU and memory usage against its limits, and how much it is throttled.",
        ),
        "open": Entry("telemetry.open_", "Open the viewer's page in a browser, or an add-on's, and print its address."),
        "save": Entry(
            "telemetry.save",
            "Save a run, a trace or the last minutes to a file that `labctl view` shows without a lab.",
        ),
        "view": Entry(
            "telemetry.view",
            "Show saved telemetry in a browser, without a lab, until Ctrl-C.",
        ),
        "predict": Entry("telemetry.predict", "Send one prediction request and show the answer, its trace id and its waterfall."),
    },
    "Security": {
        "certs": Entry(
            "security.certs",
            "List the certificates of a lab with --tls: holder, expiry and names. Or replace them without losing a span.",
        ),
        "auth": Entry(
            "security.auth",
            "Print the path of the file with the token of a lab with --auth, or replace the token without losing a span.",
        ),
    },
    "Lessons": {
        "learn": Entry(
            "lessons.learn",
            "Begin a lesson of about five minutes: the lab is set up for it, and a question is asked that its telemetry "
            "answers.",
        ),
        "answer": Entry(
            "lessons.answer",
            "Answer the open lesson's question. It is checked against the live telemetry; exit 1 when it is wrong.",
        ),
    },
}
MODULES: Final = {name: row.module for rows in COMMANDS.values() for name, row in rows.items()}
