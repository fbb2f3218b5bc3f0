// What this browser keeps: the last design, solved levels, choices; and for each tab its own session.

type Name = "log" | "done" | "theme" | "language";

/** Storage may be forbidden or full; then nothing is kept. */
export function keep(name: Name, value: string): void {
  put(() => localStorage, name, value);
}

export function kept(name: Name): string {
  return got(() => localStorage, name);
}

/** What a reload of this tab finds again; false if it is not kept. */
export function keepSession(value: string): boolean {
  return put(() => sessionStorage, "session", value);
}

export function keptSession(): string {
  return got(() => sessionStorage, "session");
}

/** Even to name a storage fails where it is forbidden. */
function put(storage: () => Storage, name: string, value: string): boolean {
  try {
    storage().setItem(`sekisho.${name}`, value);
    return true;
  } catch {
    return false;
  }
}

function got(storage: () => Storage, name: string): string {
  try {
    return storage().getItem(`sekisho.${name}`) ?? "";
  } catch {
    return "";
  }
}
