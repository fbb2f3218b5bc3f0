// What the page says, in three languages. English is there from the start, the others are fetched.

import english from "../texts/en.json";

import { kept } from "./store";

export type Key = keyof typeof english;
export type Language = "en" | "ja" | "zh";

const NAMES: Readonly<Record<Language, string>> = { en: "English", ja: "日本語", zh: "中文" };
export const languages = Object.entries(NAMES) as [Language, string][];

let current: Readonly<Record<string, string>> = english;
export let language: Language = "en";

/** The language that was chosen here before, or the browser's. */
export function preferred(): Language {
  const wanted = [kept("language"), ...navigator.languages];
  for (const tag of wanted) {
    const base = tag.slice(0, 2);
    if (base in NAMES) return base as Language;
  }
  return "en";
}

export async function speak(wanted: Language): Promise<void> {
  if (wanted !== "en") {
    const response = await fetch(new URL(`texts/${wanted}.json`, document.baseURI));
    if (!response.ok) return;
    current = await response.json() as Record<string, string>;
  } else {
    current = english;
  }
  language = wanted;
  document.documentElement.lang = wanted === "zh" ? "zh-Hans" : wanted;
}

/** A text, with `{name}` replaced by values, and `{n:one:more}` by a number and what it counts. */
export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
  const text = current[key] ?? (english as Record<string, string>)[key] ?? key;
  return text.replace(/\{(\w+)(?::([^:}]*):([^}]*))?\}/g, (whole, name: string, one?: string, more?: string) => {
    const value = values[name];
    return value === undefined ? whole : one === undefined ? String(value) : `${value} ${value === 1 ? one : more}`;
  });
}

/** A text that there may not be. */
export function maybe(key: string, values: Readonly<Record<string, string | number>> = {}): string | undefined {
  return key in current || key in english ? t(key as Key, values) : undefined;
}
