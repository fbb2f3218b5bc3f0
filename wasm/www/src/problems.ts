// What the importer could not make of the vendor's answers, in the language of the page.

import { language } from "./texts";

/** Sentences of the importer, with `{1}` where something is named, and how they are said here: the first that fits. */
export type Sentences = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** One of the importer's sentences as it is said in a language; as it is, if none is known. */
export function said(text: string, sentences: Sentences, tongue: string): string {
  for (const [sentence, { [tongue]: wanted }] of Object.entries(sentences)) {
    const shape = sentence.replace(/[()?.*+]/g, "\\$&").replace(/\{\d\}/g, "(.+?)");
    const found = new RegExp(`^${shape}$`).exec(text);
    // What is named may be a sentence itself.
    if (found !== null) return (wanted ?? sentence).replace(/\{(\d)\}/g, (_, at: number) => said(found[at] ?? "", sentences, tongue));
  }
  return text;
}

/** Problems, each with its sort before a colon, as they are said here. */
export async function problemsSaid(problems: readonly string[]): Promise<readonly string[]> {
  if (problems.length === 0) return problems;
  try {
    const response = await fetch(new URL("texts/problems.json", document.baseURI));
    const sentences = await response.json() as Sentences;
    return problems.map((problem) => problem.replace(/(?<=^\w+: ).*/, (text) => said(text, sentences, language)));
  } catch {
    // English is better than nothing.
    return problems;
  }
}
