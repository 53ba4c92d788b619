// One live stream for all tabs of a browser, which may open no more than six connections to the viewer.

const ports = new Set();
const LOST_MS = 15000;
const REFUSED = 401;
let authorization = null, running = false, left = false, last = null, told = () => {}, end = () => {};

self.onconnect = (event) => {
  const port = event.ports[0];
  port.onmessage = ({ data }) => {
    if (data.leave) {
      ports.delete(port);
      if (ports.size) return;
      last = null;                      // it is old when a tab is looked at again
      left = true;
      end();
    } else {
      if (data.authorization) {
        authorization = data.authorization;
        told();
      }
      ports.add(port);
      if (last) port.postMessage(last);
      if (!running) run();
    }
  };
  port.start();
};

function tell(message) {
  if (message.tick) last = message;
  for (const port of ports) port.postMessage(message);
}

async function run() {
  running = true;
  while (ports.size) {
    left = false;
    try {
      await read();
      tell({ lost: "Disconnected: the viewer ended the stream. Reconnecting…" });
    } catch (error) {
      if (left) continue;               // nobody looked; somebody may again
      const refused = error.status === REFUSED;
      tell({ lost: `Disconnected: ${reason(error)}${refused ? "" : ". Reconnecting…"}` });
      // nothing changes until somebody gives another token
      if (refused) await new Promise((done) => { told = done; });
    }
    await new Promise((done) => setTimeout(done, 1000));
  }
  running = false;
}

function reason(error) {
  if (error.status) return error.message;
  return error.name === "AbortError" ? `no data for ${LOST_MS / 1000} s` : "the viewer cannot be reached";
}

async function read() {
  const stop = new AbortController();
  end = () => stop.abort();
  const headers = authorization ? { authorization } : {};
  let watchdog = setTimeout(() => stop.abort(), LOST_MS);
  try {
    const answer = await fetch("/api/live", { headers, signal: stop.signal, cache: "no-store" });
    if (!answer.ok) throw Object.assign(new Error((await answer.json().catch(() => ({}))).title ?? `HTTP ${answer.status}`), { status: answer.status });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await reader.read(); !part.done && ports.size; part = await reader.read()) {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stop.abort(), LOST_MS);
      text += part.value;
      const events = text.split("\n\n");
      text = events.pop();
      for (const event of events) if (event.startsWith("data: ")) tell({ tick: JSON.parse(event.slice(6)) });
    }
  } finally {
    clearTimeout(watchdog);
    stop.abort();
  }
}
