/**
 * Control characters, C1 included: a terminal acts on them. And what makes text run backwards or hides it: a name could be made to look
 * like another.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** Text of unknown origin as one line that shows what is in it and does nothing: what a terminal would act on is spelled out. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As `printable`, for text that may have lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
