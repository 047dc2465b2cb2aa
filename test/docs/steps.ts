import { blocksOf, isRunnable, type Block } from './page.ts';

/** A file that the reader saves. */
export interface SavedFile {
  readonly kind: 'file';
  readonly name: string;
  readonly content: string;
  readonly line: number;
}

/** A command that the reader types. */
export interface TypedCommand {
  readonly kind: 'command';
  readonly command: string;
  /** What it prints; undefined where the page does not say. */
  readonly expected: readonly string[] | undefined;
  readonly exits: number;
  /** Number of its line in the page, from 1. */
  readonly line: number;
  /** How many lines of the page it takes, without what it prints. */
  readonly lines: number;
}

export type Step = SavedFile | TypedCommand;

/** What a reader does who follows a page from top to bottom. @throws Error where a block cannot be followed */
export function stepsOf(page: string): readonly Step[] {
  return blocksOf(page).flatMap((block): readonly Step[] => {
    if (block.notRun !== undefined) return [];
    if (block.language === 'console') return typed(block);
    if (block.language === 'yaml') return [saved(block)];
    if (block.language !== 'hidden' && !isRunnable(block)) return [];
    const command = block.lines.join('\n');
    return [{ kind: 'command', command, expected: undefined, exits: block.exits, line: block.line, lines: block.lines.length }];
  });
}

/** A manifest begins with its file's name in a comment. */
function saved({ lines, line }: Block): SavedFile {
  const name = /^# (?<name>[\w-]+\.yaml)$/.exec(lines[0] ?? '')?.groups?.['name'];
  if (name === undefined) throw new Error(`line ${line}: a manifest that is run begins with "# NAME.yaml"`);
  return { kind: 'file', name, content: `${lines.join('\n')}\n`, line };
}

/** Commands begin with `$ `, and go on after a `\` or with `> `. All else is what they print. */
function typed({ lines, line, exits }: Block): readonly TypedCommand[] {
  const commands: { words: string[]; expected: string[]; line: number }[] = [];
  for (const [at, text] of lines.entries()) {
    const last = commands.at(-1);
    if (text.startsWith('$ ')) commands.push({ words: [text.slice(2)], expected: [], line: line + at });
    else if (last === undefined) throw new Error(`line ${line + at}: a console block begins with "$ "`);
    else if (last.expected.length === 0 && (text.startsWith('> ') || last.words.at(-1)!.endsWith('\\')))
      last.words.push(text.startsWith('> ') ? text.slice(2) : text);
    else last.expected.push(text);
  }
  return commands.map(({ words, expected, line: first }, index) => ({
    kind: 'command',
    command: words.join('\n'),
    expected,
    exits: index === commands.length - 1 ? exits : 0,
    line: first,
    lines: words.length,
  }));
}
