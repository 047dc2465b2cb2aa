import { createColors } from 'picocolors';

const { env, stderr, stdout } = process;

/** NO_COLOR (no-color.org) wins over everything; FORCE_COLOR is for people who pipe into a pager. */
const wanted = (stream: { readonly isTTY?: boolean }): boolean =>
  (env['NO_COLOR'] ?? '') === '' && ((env['FORCE_COLOR'] ?? '') !== '' || (stream.isTTY === true && env['TERM'] !== 'dumb'));

/** Colours for what goes to stdout, where that is a terminal. */
export const colour = createColors(wanted(stdout));
const words = createColors(wanted(stderr));

/** Data, for programs and people: stdout. */
export function print(text: string): void {
  stdout.write(`${text}\n`);
}

/** Words, for people: stderr. */
export function say(text: string): void {
  stderr.write(`${text}\n`);
}

/** Something that did not stop the command and may matter later: stderr. */
export function warn(text: string): void {
  stderr.write(`${words.yellow('Warning:')} ${text}\n`);
}

/** Why the command did not do what was asked: stderr. */
export function complain(text: string): void {
  stderr.write(`${words.red('Error:')} ${text}\n`);
}
