// The whole state in a link: `1.` and the lines that make it with their hash, compressed, in the
// fragment, which no server is ever sent. Version 1 is read for ever. A packet to send follows a colon.

export interface Shared {
  readonly hash: string;
  readonly lines: readonly string[];
  /** The line that sends a packet, or "". */
  readonly packet: string;
}

/** A packet's line; in a link it has `+` for blanks. */
const PACKET = /^(send|receive) [\w.-]+ [\w.-]+( (proto|sport|dport|flow)=\w+)*$/;

/** Why a link cannot be read. */
export class LinkError extends Error {
  constructor(readonly reason: "newer" | "broken") {
    super(reason);
  }
}

/** The longest text that a link unpacks to; a large region has half a megabyte. */
const MOST = 4 << 20;

async function through(bytes: Uint8Array<ArrayBuffer>, stream: GenericTransformStream): Promise<Uint8Array> {
  const reader = (new Blob([bytes]).stream().pipeThrough(stream) as ReadableStream<Uint8Array>).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST) {
      await reader.cancel();
      throw new LinkError("broken");
    }
    parts.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A state as what follows `#` in a link. */
export async function pack({ hash, lines, packet }: Shared): Promise<string> {
  const text = new TextEncoder().encode([hash, ...lines].join("\n"));
  const packed = await through(text, new CompressionStream("deflate-raw"));
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return `1.${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}${packet === "" ? "" : `:${packet.replaceAll(" ", "+")}`}`;
}

/** The state of a link's fragment; undefined if it has none. */
export async function unpack(fragment: string): Promise<Shared | undefined> {
  const text = fragment.replace(/^#/, "");
  if (text === "") return undefined;
  const found = /^(\d+)\.([\w-]+)(?::(.+))?$/.exec(text);
  if (found === null) throw new LinkError("broken");
  if (found[1] !== "1") throw new LinkError("newer");
  const packet = (found[3] ?? "").replaceAll("+", " ");
  if (packet !== "" && !PACKET.test(packet)) throw new LinkError("broken");
  try {
    const binary = atob(found[2]!.replaceAll("-", "+").replaceAll("_", "/"));
    const packed = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const bytes = await through(packed, new DecompressionStream("deflate-raw"));
    const [hash = "", ...lines] = new TextDecoder("utf-8", { fatal: true }).decode(bytes).split("\n");
    if (!/^[0-9a-f]{16}$/.test(hash)) throw new LinkError("broken");
    return { hash, lines: lines.filter((line) => line !== ""), packet };
  } catch {
    throw new LinkError("broken");
  }
}

/** The lines of a file: of the console, or a transcript whose questions begin with `> `. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const asked = lines.filter((line) => line.startsWith("> ")).map((line) => line.slice(2));
  return (asked.length > 0 ? asked : lines).filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
}
