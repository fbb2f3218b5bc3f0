// What this browser keeps: the last design, the one before a level, solved levels, choices.

type Name = "log" | "before" | "done" | "theme" | "language";

/** Storage may be forbidden or full; then nothing is kept. */
export function keep(name: Name, value: string): void {
  try {
    localStorage.setItem(`sekisho.${name}`, value);
  } catch {
    // Nothing to do: the page works without.
  }
}

export function kept(name: Name): string {
  try {
    return localStorage.getItem(`sekisho.${name}`) ?? "";
  } catch {
    return "";
  }
}
