import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootLogged, runLoad, type Outcome } from './load/run.ts';
import { wordsFor } from './report.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, run: { type: 'string', default: '20' }, seed: { type: 'string' } },
});

const until = performance.now() + Number(values.seconds) * 1000;
const cluster = await bootLogged();
const found: Outcome[] = [];
try {
  do {
    const outcome = await runLoad(cluster, values.seed ?? randomBytes(4).toString('hex'), Number(values.run) * 1000);
    console.log(wordsFor(outcome));
    if (outcome.violations.length > 0) found.push(outcome);
  } while (performance.now() < until);
} finally {
  await cluster.stop();
}
if (found.length > 0) {
  const folder = await mkdtemp(join(tmpdir(), 'janus-history-'));
  for (const { seed, history, violations } of found) await writeFile(join(folder, `${seed}.json`), JSON.stringify({ violations, history }));
  console.log(`Histories with violations are in ${folder}.`);
  process.exitCode = 1;
}
