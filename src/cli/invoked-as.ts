import { basename } from 'node:path';

/** What a person types for this program: `janus`, or `kubectl janus` where kubectl has found it as a plugin. */
export function invokedAs(path: string | undefined = process.argv[1]): string {
  return /^kubectl-janus(\.\w+)?$/.test(basename(path ?? '')) ? 'kubectl janus' : 'janus';
}

/** Words with each command in them as it is to be typed: those at the beginning of a line, and those within quotes. */
export function asTyped(words: string, self: string = invokedAs()): string {
  return self === 'janus' ? words : words.replace(/(^\s*(?:TXN=\$\()?|["(])janus (?=[a-z])/gm, `$1${self} `);
}
