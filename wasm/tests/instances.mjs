// The package keeps its instances to itself; the tests want to see their memory, and to make a
// call trap, which nothing in the core does.

/** Watches every instance that is made from now on. */
export function watchInstances() {
  let count = 0;
  let memory;
  let trap;
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (...given) {
    const { exports } = new Instance(...given);
    count += 1;
    // A second part has no memory of its own.
    memory = exports.memory ?? memory;
    const watched = {};
    for (const [name, item] of Object.entries(exports)) {
      watched[name] = typeof item !== "function" ? item : (...words) => {
        if (name !== trap) return item(...words);
        trap = undefined;
        throw new WebAssembly.RuntimeError("unreachable");
      };
    }
    return { __proto__: Instance.prototype, exports: watched };
  };
  WebAssembly.Instance.prototype = Instance.prototype;
  return {
    count: () => count,
    pages: () => memory.buffer.byteLength / 65536,
    /** The next call of that export traps. */
    trapOn: (name) => { trap = name; },
  };
}
