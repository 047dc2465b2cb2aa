import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quantile } from '../measure/statistics.ts';
import { table } from '../report/table.ts';
import { decisionMicroseconds } from './decision.ts';
import { sendAtRate, sendInTurn, type Answers } from './load.ts';
import { reviewBody } from './reviews.ts';
import { soak } from './soak.ts';

const TASKSET = '/usr/bin/taskset';
const RATE = 500;
const REVIEWS = 1_000_000;

/** Measures the webhook alone: what it adds to a write to a locked object. */
async function main(): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const rows: string[][] = [['what', 'wanted', 'found']];
  const refused = decisionMicroseconds(true);
  const passed = decisionMicroseconds(false);
  rows.push(['decision, 10 kB object', 'under 20 µs', `${refused.toFixed(1)} µs refused, ${passed.toFixed(1)} µs passed`]);
  say('decisions measured');
  const served = await serve();
  const body = reviewBody(10_000, true);
  await sendAtRate(served.port, body, RATE, 3);
  const answers = await sendAtRate(served.port, body, RATE, 20);
  rows.push([`answer at ${String(RATE)} a second, 10 kB objects`, 'p99 under 5 ms', wordsFor(answers)]);
  say('rate measured');
  const large = await sendInTurn(served.port, reviewBody(3_000_000, true), 20);
  rows.push(['answer, 3 MB objects (6 MB a review), one after the other', 'answered', wordsFor(large)]);
  served.end();
  say('large objects measured');
  const looks = await soak(REVIEWS);
  const heaps = looks.map(({ heap }) => heap);
  const found = `heap ${(heaps[0] ?? 0).toFixed(1)} MiB after 100,000, ${(heaps.at(-1) ?? 0).toFixed(1)} after the last, ${Math.max(...heaps).toFixed(1)} at most`;
  rows.push(['1,000,000 reviews', 'flat memory', `${found}; resident ${(looks.at(-1)?.resident ?? 0).toFixed(0)} MiB`]);
  process.stdout.write(`the webhook ${served.pinned ? 'is kept to one core' : 'may use all cores'}\n\n${table(rows)}\n`);
}

function wordsFor({ milliseconds, failures }: Answers): string {
  const [p50 = '', p99 = '', worst = ''] = [0.5, 0.99, 1].map((part) => quantile(milliseconds, part).toFixed(1));
  return `p50 ${p50} ms, p99 ${p99} ms, worst ${worst} ms, ${String(failures)} of ${String(milliseconds.length + failures)} unanswered`;
}

/** Starts the webhook in a process of its own, on the first core where that can be asked for. */
async function serve(): Promise<{ readonly port: number; readonly pinned: boolean; end(): void }> {
  const script = fileURLToPath(new URL('serve.ts', import.meta.url));
  const node = [process.execPath, '--import', 'tsx', script];
  const pinned = existsSync(TASKSET);
  const [command = '', ...args] = pinned ? [TASKSET, '-c', '0', ...node] : node;
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString()), pinned, end: () => void child.stdin.end() };
}

await main();
