// Glyphs of 16 by 16, drawn with strokes.

export const icons: Readonly<Record<string, string>> = {
  i: "M3 3h10v4H3zM3 9h10v4H3zM5.5 5h.01M5.5 11h.01",
  eni: "M2.5 4.5h11v6h-11zM5 10.5v2.5M8 10.5v2.5M11 10.5v2.5",
  ngw: "M2.5 5.5h9M9 3l2.5 2.5L9 8M13.5 10.5h-9M7 8l-2.5 2.5L7 13",
  lb: "M8 2.5v4M8 6.5L3.5 10v3M8 6.5l4.5 3.5v3M8 6.5V13",
  ep: "M8 2l5 2v4c0 3-2.2 5-5 6-2.800-1-5-3-5-6V4z",
  gwlb: "M8 2l5 2v4c0 3-2.200 5-5 6-2.800-1-5-3-5-6V4zM5.500 8l2 2 3-3.500",
  app: "M3 4h10v8H3zM5.500 8h5",
  peer: "M3 8h10M10 5l3 3-3 3M6 5L3 8l3 3",
};

const same: Readonly<Record<string, string>> = { tr: "peer", vpn: "peer", ri: "peer", ecr: "peer", havip: "peer" };

export function iconOf(kind: string): string {
  return icons[kind] ?? icons[same[kind] ?? ""] ?? "";
}
