import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { corrected, follow, wordsOf } from './follow.ts';
import { runPages } from './pages.ts';
import { bootSite } from './site.ts';

/** `npm run docs:run -- [PAGE...] [--update]`: follows pages on a control plane of their own; all that are run, where none is named. */
const { values, positionals } = parseArgs({ options: { update: { type: 'boolean', default: false } }, allowPositionals: true });
const files = positionals.length > 0 ? positionals : runPages();
const site = await bootSite();
try {
  for (const file of files) {
    const page = readFileSync(file, 'utf8');
    const terminal = site.open();
    const surprises = await follow(page, terminal, values.update);
    terminal.close();
    for (const surprise of surprises) process.stdout.write(`${wordsOf(file, surprise)}\n`);
    if (surprises.length === 0) process.stdout.write(`${file}: as it says\n`);
    else if (values.update) writeFileSync(file, corrected(page, surprises));
    else process.exitCode = 1;
  }
} finally {
  await site.stop();
}
