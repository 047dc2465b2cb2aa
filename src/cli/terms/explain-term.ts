import { suggestion } from '../../api/nearest.ts';
import { DATA_FORMATS, rendered } from '../formats.ts';
import { Fault } from '../fault.ts';
import type { GlobalFlags } from '../flags/global.ts';
import type { OutputFlags } from '../flags/shared.ts';
import { asTyped } from '../invoked-as.ts';
import { colour, outputWidth, print } from '../output.ts';
import { wrap } from '../terminal/width.ts';
import { requireOneOf } from '../values.ts';
import type { Term } from './glossary.ts';
import { allTerms } from './terms.ts';

/** The flags as typed. */
export interface ExplainFlags extends GlobalFlags, OutputFlags {}

/** Lines are read more easily than they fit. */
const READABLE = 100;

/** Prints what a word means, or all words. */
export function explainTerm(word: string, flags: ExplainFlags): void {
  const format = requireOneOf('-o', flags.output ?? 'table', DATA_FORMATS);
  const terms = allTerms();
  const found = word === '' ? terms : termsCalled(word, terms);
  if (found.length === 0) {
    const known = [...new Set(terms.flatMap(({ term }) => [term, lastOf(term)]))];
    const near = suggestion(word, known);
    throw new Fault(`Janus has no word "${word}".${near === '' ? ' "janus explain" lists those it has.' : near}`);
  }
  const width = Math.min(outputWidth(), READABLE);
  print(
    rendered(format, {
      data: () => found,
      names: () => [],
      table: () =>
        asTyped(found.map((term) => (word === '' ? shortly(term, width) : fully(term, width))).join(word === '' ? '\n' : '\n\n')),
    }),
  );
}

/** By its whole name in any case, or the last part of a field's path; else by what it begins with. */
export function termsCalled(word: string, terms: readonly Term[]): readonly Term[] {
  const wanted = word.toLowerCase();
  const called = terms.filter(({ term }) => term.toLowerCase() === wanted || term.toLowerCase().endsWith(`.${wanted}`));
  if (called.length > 0) return called;
  return terms.filter(({ term }) => wanted.length >= 4 && term.toLowerCase().startsWith(wanted) && !term.includes('.'));
}

function fully({ kind, meaning, term }: Term, width: number): string {
  return [`${colour.bold(term)}: ${kind}`, ...wrap(meaning, width - 2).map((line) => `  ${line}`)].join('\n');
}

function shortly({ kind, term }: Term, width: number): string {
  const line = `${term} (${kind})`;
  return line.length > width ? term : line;
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
