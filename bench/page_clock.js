// What bench/page.py puts into the page: what is on its way, when the first input event came, and how long frames take.
(() => {
  let waiting = 0, began = 0;
  const track = (promise) => { waiting += 1; return promise.finally(() => setTimeout(() => { waiting -= 1; })); };
  const { fetch } = window, { json } = Response.prototype;
  const FOLLOWS = /page\/(apart|runs|told)|alerts|annotations/;        // is asked for when what was wanted is drawn already
  window.fetch = (url, ...words) => (FOLLOWS.test(url) ? fetch(url, ...words) : track(fetch(url, ...words)));
  Response.prototype.json = function () { return FOLLOWS.test(this.url) ? json.call(this) : track(json.call(this)); };
  const note = (event) => { began ||= event.timeStamp; };
  for (const name of ["keydown", "pointerdown", "pointermove", "input", "wheel", "hashchange"]) addEventListener(name, note, true);
  window.expect = () => { began = 0; };
  // ms from `since` to the second frame in which it is so
  const second = (isSo, since) => new Promise((done) => {
    let frames = 0;
    const look = () => {
      frames = isSo() ? frames + 1 : 0;
      if (frames < 2) requestAnimationFrame(look);
      else done(performance.now() - since());
    };
    look();
  });
  const isDrawn = (view) => document.documentElement.dataset.drawn?.startsWith(view);
  window.loaded = () => second(() => isDrawn(""), () => 0);
  window.drawn = (view) => second(() => began && isDrawn(view), () => began);
  window.settled = (view) => second(() => began && isDrawn(view) && !waiting, () => began);
  // the work of each frame while `act` is called once a frame: from its first callback to the task after its painting
  window.frames = (count, act) => new Promise((done) => {
    const work = [], gaps = [], channel = new MessageChannel();
    let begun = 0, last = 0;
    channel.port1.onmessage = () => {
      work.push(performance.now() - begun);
      if (work.length === count) done(JSON.stringify({ work, gaps: gaps.slice(1) }));
    };
    const frame = (now) => {
      begun = performance.now();
      gaps.push(now - last);
      last = now;
      act(work.length);
      if (work.length < count - 1) requestAnimationFrame(frame);
      requestAnimationFrame(() => null);
      channel.port2.postMessage(0);
    };
    requestAnimationFrame(frame);
  });
})();
