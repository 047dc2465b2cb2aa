/** The line by which a page says that its blocks are run. */
export const RUN = '<!-- Every command on this page is run by a test, and what it prints is compared. -->';

/** A fenced block of a page, or commands in a comment that are run and not shown. */
export interface Block {
  /** `console`, `sh`, `yaml`, …; `hidden` for what is run and not shown. */
  readonly language: string;
  readonly lines: readonly string[];
  /** Number of its first line of content, from 1. */
  readonly line: number;
  /** Why it is not run, where the page says so. */
  readonly notRun?: string;
  /** Exit code of its last command. */
  readonly exits: number;
}

/** What can be run: blocks of other languages are only to be read. */
const RUNNABLE = new Set(['console', 'sh', 'bash', 'shell', 'yaml']);

export function isRunnable({ language }: Block): boolean {
  return RUNNABLE.has(language);
}

export function isRun(page: string): boolean {
  return page.includes(RUN);
}

/** The blocks of a page, each with what the comment right before it says of it. */
export function blocksOf(page: string): readonly Block[] {
  const lines = page.split('\n');
  const blocks: Block[] = [];
  let said: Pick<Block, 'notRun' | 'exits'> = { exits: 0 };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    const fence = /^(?<indent>\s*)(?<marks>`{3,}|~{3,})(?<language>\w*)/.exec(line)?.groups;
    if (fence !== undefined) {
      const end = lines.findIndex((one, index) => index > at && one.trim() === fence['marks']);
      const last = end === -1 ? lines.length : end;
      const content = lines.slice(at + 1, last).map((one) => one.slice(Math.min(fence['indent']!.length, one.length)));
      blocks.push({ language: fence['language']!, lines: content, line: at + 2, ...said });
      [at, said] = [last, { exits: 0 }];
    } else if (line.trim() === '<!-- run, and not shown') {
      const last = lines.findIndex((one, index) => index > at && one.trim() === '-->');
      blocks.push({ language: 'hidden', lines: lines.slice(at + 1, last), line: at + 2, exits: 0 });
      at = last;
    } else if (line.trim() !== '') said = saidBy(line);
  }
  return blocks;
}

function saidBy(line: string): Pick<Block, 'notRun' | 'exits'> {
  const notRun = /^\s*<!-- not run: (?<why>.*) -->$/.exec(line)?.groups?.['why'];
  const exits = /^\s*<!-- its last command exits with (?<code>\d+) -->$/.exec(line)?.groups?.['code'];
  return { exits: Number(exits ?? 0), ...(notRun === undefined ? {} : { notRun }) };
}

/** Blocks of which nobody knows whether they work: the page neither is run, nor says why they are not. */
export function unproven(page: string): readonly Block[] {
  return isRun(page) ? [] : blocksOf(page).filter((block) => isRunnable(block) && block.notRun === undefined);
}
