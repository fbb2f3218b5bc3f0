// What the linker knows of a module that it made with --emit-relocs and --no-merge-data-segments: each
// function and each piece of data, and which of both it names.

/** The numbers, names and bytes of a part of a module, one after another. */
class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    Object.assign(this, { bytes, at, end });
  }

  get more() {
    return this.at < this.end;
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  text() {
    return new TextDecoder().decode(this.part(this.number()).rest());
  }

  rest() {
    return this.bytes.subarray(this.at, this.end);
  }

  /** So many of the next bytes. */
  part(length) {
    this.at += length;
    return new Reader(this.bytes, this.at - length, this.at);
  }

  /** What a list has, which begins with its length. */
  list(read) {
    return Array.from({ length: this.number() }, read);
  }
}

const IMPORTS = 2, CODE = 10, DATA = 11;

/** The sections by number, or by name if they have one. */
function sectionsOf(bytes) {
  const module = new Reader(bytes, 8);
  const sections = new Map();
  while (module.more) {
    const number = module.byte();
    const section = module.part(module.number());
    sections.set(number === 0 ? section.text() : number, section);
  }
  return (wanted) => {
    const section = sections.get(wanted);
    if (section === undefined) throw new Error(`linked: the module has no section ${wanted}`);
    return new Reader(bytes, section.at, section.end);
  };
}

/** How many functions come from outside; they have the lowest numbers. */
function importsOf(section) {
  const limits = () => { if (section.number() & 1) section.number(); section.number(); };
  // A function's type; a table's, with its limits; a memory's limits; a global's type.
  const skip = [() => section.number(), () => { section.byte(); limits(); }, limits, () => section.part(2)];
  const kinds = section.list(() => {
    section.text();
    section.text();
    const kind = section.byte();
    skip[kind]();
    return kind;
  });
  return kinds.filter((kind) => kind === 0).length;
}

/** The names of the functions, by number. */
export function namesOf(bytes) {
  const section = sectionsOf(bytes)("name");
  const names = [];
  while (section.more) {
    const kind = section.byte();
    const part = section.part(section.number());
    if (kind === 1) part.list(() => { names[part.number()] = part.text(); });
  }
  return names;
}

/** What the symbols stand for, by number: a function, a piece of data, or something else. */
function symbolsOf(section) {
  const FUNCTION = 0, PIECE = 1, SECTION = 3, UNDEFINED = 0x10, NAMED = 0x40, TABLE = 8;
  section.number();
  while (section.more) {
    const kind = section.byte();
    const part = section.part(section.number());
    if (kind !== TABLE) continue;
    return part.list(() => {
      const sort = part.byte();
      const flags = part.number();
      if (sort === PIECE) {
        part.text();
        if (flags & UNDEFINED) return {};
        const piece = part.number();
        part.number();
        part.number();
        return { piece };
      }
      const number = part.number();
      if (sort !== SECTION && (!(flags & UNDEFINED) || flags & NAMED)) part.text();
      return sort === FUNCTION ? { function: number } : {};
    });
  }
  return [];
}

/** What is named in a section, and where. */
function relocationsOf(section, symbols) {
  // These, which name memory or an offset, have a number to add.
  const ADDING = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]);
  section.number();
  return section.list(() => {
    const kind = section.byte();
    const found = { at: section.number(), ...symbols[section.number()] };
    if (ADDING.has(kind)) section.number();
    return found;
  });
}

/**
 * The functions by name, as far as they have a body, and the pieces of data with their addresses. Of each: the
 * names of the functions and the numbers of the pieces that it names. Functions of one name are taken for one.
 */
export function linkedOf(bytes) {
  const section = sectionsOf(bytes);
  const names = namesOf(bytes);
  const symbols = symbolsOf(section("linking"));
  const first = importsOf(section(IMPORTS));

  const code = section(CODE);
  const base = code.at;
  const bodies = code.list(() => code.part(code.number()));
  const data = section(DATA);
  const parts = data.list(() => {
    // An active piece: its kind, the address as a constant and what ends it, its bytes.
    const kind = data.number();
    if (kind !== 0 || data.byte() !== 0x41) throw new Error("linked: data that is not at an address");
    const address = data.number();
    data.byte();
    return { address, bytes: data.part(data.number()) };
  });

  const functions = new Map();
  const place = (name) => {
    if (!functions.has(name)) functions.set(name, { functions: new Set(), pieces: new Set() });
    return functions.get(name);
  };
  const pieces = parts.map((part) => ({ address: part.address, bytes: part.bytes.rest(), functions: new Set(), pieces: new Set() }));
  /** Adds what a section's relocations name to that of `owners` in which they stand; both ascend. */
  const add = (relocations, ranges, owner, start) => {
    let n = 0;
    for (const found of relocations) {
      while (ranges[n].end - start <= found.at) n += 1;
      if (found.function !== undefined) owner(n).functions.add(names[found.function]);
      if (found.piece !== undefined) owner(n).pieces.add(found.piece);
    }
  };
  const start = section(DATA).at;
  const ascending = (name) => relocationsOf(section(name), symbols).sort((a, b) => a.at - b.at);
  add(ascending("reloc.CODE"), bodies, (n) => place(names[first + n]), base);
  add(ascending("reloc.DATA"), parts.map((part) => part.bytes), (n) => pieces[n], start);
  return { functions, pieces };
}

/** The module without what the linker knows of it, which is wrong once another program has changed it. */
export function unlinked(bytes) {
  const module = new Reader(bytes, 8);
  const kept = [bytes.subarray(0, 8)];
  while (module.more) {
    const start = module.at;
    const isNamed = module.byte() === 0;
    const section = module.part(module.number());
    if (!isNamed || !/^(?:linking|reloc\.)/.test(section.text())) kept.push(bytes.subarray(start, module.at));
  }
  return Buffer.concat(kept);
}
