import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlPlane } from '../control-plane.ts';
import { table } from '../report/table.ts';
import { connect } from '../site/api-server.ts';
import { LOADS } from './loads.ts';
import { measureSize, type SizeFigures } from './measure.ts';

// The loads that are large in one way each: `npm run bench:size`, or with words that titles must hold.
const words = process.argv.slice(2);
const plane = await controlPlane({ kubectl: 'kubectl', fsync: false });
const api = await connect(plane.kubeconfig, 32);
try {
  const scratch = await mkdtemp(join(tmpdir(), 'janus-bench-'));
  const settings = { concurrency: 32, withHelm: false, janus: ['node', 'bin/janus', 'operator', '--dev'] };
  const site = { api, id: randomBytes(2).toString('hex'), kubeconfig: plane.kubeconfig, kubectl: plane.kubectl, scratch, settings };
  const figures: SizeFigures[] = [];
  for (const [at, load] of LOADS.entries()) {
    if (words.length > 0 && !words.some((word) => load.title.includes(word))) continue;
    figures.push(await measureSize(site, load, at));
    process.stderr.write(`${JSON.stringify(figures.at(-1))}\n`);
  }
  await writeFile(join(scratch, 'size.json'), JSON.stringify(figures, null, 2));
  process.stdout.write(`${inTable(figures)}\n`);
} finally {
  await api.close();
  await plane.stop();
}

function inTable(figures: readonly SizeFigures[]): string {
  const kilobytes = (bytes: number): string => `${String(Math.round(bytes / 1024))} KiB`;
  const head = [
    'load',
    'outcome',
    'seconds',
    'requests an item',
    'MiB at rest',
    'MiB at most',
    'largest status',
    'largest record',
    'before-images',
  ];
  const rows = figures.map((one) => [
    one.title,
    one.outcome,
    one.seconds.toFixed(1),
    one.requestsAnItem.toFixed(1),
    one.memoryAtRest.toFixed(0),
    one.memoryPeak.toFixed(0),
    kilobytes(one.largestStatus),
    kilobytes(one.largestRecord),
    kilobytes(one.beforeImages),
  ]);
  return table([head, ...rows]);
}
