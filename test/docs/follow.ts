import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agrees } from './agreement.ts';
import { stepsOf, type TypedCommand } from './steps.ts';
import type { Printed, Terminal } from './terminal.ts';

/** A command that did otherwise than its page says. */
export interface Surprise {
  readonly step: TypedCommand;
  readonly printed: Printed;
}

/** Does what a page says, from top to bottom. Ends at the first surprise, unless it is to go `on`. */
export async function follow(page: string, terminal: Terminal, on = false): Promise<readonly Surprise[]> {
  const surprises: Surprise[] = [];
  for (const step of stepsOf(page)) {
    if (step.kind === 'file') writeFileSync(join(terminal.folder, step.name), step.content);
    else {
      const printed = await terminal.run(step.command);
      if (printed.code === step.exits && (step.expected === undefined || agrees(step.expected.join('\n'), printed.text))) continue;
      surprises.push({ step, printed });
      if (!on) break;
    }
  }
  return surprises;
}

/** A surprise in words. */
export function wordsOf(file: string, { step, printed }: Surprise): string {
  const code = printed.code === step.exits ? '' : `\nand ends with ${printed.code}, not ${step.exits}`;
  const expected = step.expected === undefined ? '' : `\nwhere the page says\n${indented(step.expected.join('\n'))}`;
  return `${file}:${step.line}: $ ${step.command}\nprints\n${indented(printed.text)}${expected}${code}`;
}

/** The page with what was really printed in the place of what was a surprise. */
export function corrected(page: string, surprises: readonly Surprise[]): string {
  const lines = page.split('\n');
  for (const { step, printed } of surprises.toReversed()) {
    if (step.expected === undefined) continue;
    const text = printed.text.trimEnd();
    lines.splice(step.line - 1 + step.lines, step.expected.length, ...(text === '' ? [] : text.split('\n').map((line) => line.trimEnd())));
  }
  return lines.join('\n');
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '  ');
}
