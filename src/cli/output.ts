import { createColors } from 'picocolors';
import { printableLines } from './terminal/printable.ts';
import { wantsColour, widthOfStream } from './terminal/stream.ts';

const { stderr, stdout } = process;

/** Colours for what goes to stdout, where that is a terminal. */
export const colour = createColors(wantsColour(stdout));
/** Colours for what goes to stderr. */
export const wordColour = createColors(wantsColour(stderr));

let quiet = false;
let verbose = false;

/** How much is said: `-q` and `-v`. */
export function setTalk(flags: { readonly quiet?: boolean; readonly verbose?: boolean }): void {
  quiet = flags.quiet === true;
  verbose = flags.verbose === true;
}

/** Data, for programs and people: stdout. */
export function print(text: string): void {
  stdout.write(`${text}\n`);
}

/** Words, for people: stderr. Not with `-q`. */
export function say(text: string): void {
  if (!quiet) stderr.write(`${printableLines(text)}\n`);
}

/** What only matters to whoever looks for a cause: stderr, with `-v`. */
export function detail(text: string): void {
  if (verbose) stderr.write(`${wordColour.dim(printableLines(text))}\n`);
}

/** Something that did not stop the command and may matter later: stderr. */
export function warn(text: string): void {
  stderr.write(`${wordColour.yellow('Warning:')} ${printableLines(text)}\n`);
}

/** Why the command did not do what was asked: stderr. */
export function complain(text: string): void {
  stderr.write(`${wordColour.red('Error:')} ${printableLines(text)}\n`);
}

/** Columns that lines on stderr may take. */
export function wordWidth(): number {
  return widthOfStream(stderr);
}

/** Columns that lines on stdout may take. */
export function outputWidth(): number {
  return widthOfStream(stdout);
}
