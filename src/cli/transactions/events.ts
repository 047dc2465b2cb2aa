import type { ResourceChange } from '../../api/resource-change.ts';
import type { Transaction } from '../../api/transaction.ts';
import { isApiError } from '../../kube/errors.ts';
import { changesOf } from '../changes.ts';
import { withCluster, type Cluster } from '../cluster.ts';
import { exitCode } from '../exit-codes.ts';
import { pastOf, streamOf } from '../follow/stream.ts';
import type { StreamEvent } from '../follow/stream-schema.ts';
import type { GlobalFlags } from '../flags/global.ts';
import type { OutputFlags } from '../flags/shared.ts';
import { untilInterrupted } from '../interrupt.ts';
import { print, warn } from '../output.ts';
import { readTransaction } from '../transaction.ts';
import { requireOneOf } from '../values.ts';
import { eventLine } from '../views/event-line.ts';

/** The flags as typed. */
export interface EventsFlags extends GlobalFlags, OutputFlags {
  readonly watch?: boolean;
}

/** What has happened, a line each: for people, or JSON Lines as the reference describes them. */
const STREAM_FORMATS = ['table', 'json'] as const;

/** Prints what has happened to a Transaction; with `--watch` also what happens, until it rests. */
export async function events(name: string, flags: EventsFlags): Promise<void> {
  const format = requireOneOf('-o', flags.output ?? 'table', STREAM_FORMATS);
  await withCluster(flags, async (cluster) => {
    const transaction = await readTransaction(cluster, name);
    const changes = await changesIfAllowed(cluster, transaction);
    await untilInterrupted(async (signal) => {
      const parts = { cluster, transaction, changes, signal };
      if (flags.watch !== true) (await pastOf(parts)).forEach((event) => write(event, format));
      else await writeAll(streamOf(parts), format);
    }, `Interrupted. Transaction ${cluster.namespace}/${name} goes on.`);
  });
}

/** Writes a stream to its end, and ends with the code that the end says. */
export async function writeAll(stream: AsyncIterable<StreamEvent>, format: (typeof STREAM_FORMATS)[number]): Promise<void> {
  for await (const event of stream) {
    write(event, format);
    if (event.type === 'end') process.exitCode = event.exitCode;
    if (event.type === 'deleted') process.exitCode = exitCode('error');
  }
}

function write(event: StreamEvent, format: (typeof STREAM_FORMATS)[number]): void {
  print(format === 'json' ? JSON.stringify(event) : eventLine(event));
}

/** Without the right to list them, changes are told by their names alone. */
export async function changesIfAllowed(cluster: Cluster, transaction: Transaction): Promise<readonly ResourceChange[]> {
  try {
    return await changesOf(cluster, transaction);
  } catch (error) {
    if (!isApiError(error, 403)) throw error;
    warn('you may not list resourcechanges.tx.janus.io, so changes are told by their names alone.');
    return [];
  }
}
