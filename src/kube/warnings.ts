import { redact } from './redact.ts';

/**
 * The texts of `Warning` headers (RFC 7234, 5.5): `299 - "text"`, several in one line or repeated, with `\"` and `\\` unescaped and
 * credentials removed. What does not parse is left out.
 */
export function parseWarnings(header: string | string[] | undefined): string[] {
  const lines = header === undefined ? [] : Array.isArray(header) ? header : [header];
  return lines.flatMap((line) =>
    [...line.matchAll(/\b\d{3}\s+\S+\s+"((?:[^"\\]|\\.)*)"/g)].map((match) => redact(unescape(match[1] ?? ''))),
  );
}

// Headers arrive as one char per byte; the server writes UTF-8.
function unescape(text: string): string {
  return Buffer.from(text.replace(/\\(.)/g, '$1'), 'latin1').toString('utf8');
}
