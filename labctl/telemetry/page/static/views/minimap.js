// Dragging over the minimap of a waterfall: the part that is dragged over is shown, a click shows all.

export function dragOnMap(map, overview, view, zoom) {
  let begin = null;
  const time = (event) => {
    const box = map.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * view.tree.duration;
  };
  const ended = () => {
    begin = view.drag = null;
    overview.again();
  };
  map.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    begin = time(event);
    map.setPointerCapture(event.pointerId);
  });
  map.addEventListener("pointermove", (event) => {
    if (begin === null) return;
    view.drag = [begin, time(event)];
    overview.again();
  });
  map.addEventListener("pointerup", (event) => {
    if (begin === null) return;         // it was pressed elsewhere
    const from = begin, to = time(event);
    ended();
    if (Math.abs(to - from) > view.tree.duration / 200) zoom(Math.min(from, to), Math.max(from, to));
    else zoom(0, view.tree.duration);
  });
  map.addEventListener("pointercancel", ended);
}
