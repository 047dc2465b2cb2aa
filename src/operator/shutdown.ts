import { pause } from '../kube/pause.ts';
import type { Connections } from './connections.ts';
import type { GrantKeys } from './grant-keys.ts';
import type { Installation } from './installation.ts';
import type { Leadership } from './leadership.ts';
import type { Pages } from './pages.ts';
import type { Serving } from './serving.ts';
import type { TransactionWatch } from './transaction-watch.ts';
import type { Tuning } from './tuning.ts';

/** Everything of a running operator that must be ended. */
export interface Parts {
  readonly connections: Connections;
  readonly keys: GrantKeys;
  readonly watch: TransactionWatch;
  readonly serving: Serving;
  readonly leadership: Leadership;
  readonly pages: Pages;
  readonly tuning: Tuning;
  readonly installation: Installation;
  /** Milliseconds for which it goes on answering, until all that send reviews have turned to others. */
  readonly drainDelayMs: number;
}

/** A replica that has stopped to act before it ends, since Janus is being removed. */
interface Retiring {
  /** Returns the line that says what was left behind; undefined where it acts. */
  end(): Promise<string | undefined>;
}

/** Longest that answers under way are waited for when the webhooks close; milliseconds. */
const CLOSE_MS = 5_000;

/**
 * Ends it in order, and says what was left behind. With other replicas there, the transactions under way are theirs at once,
 * and the webhooks answer on until everybody has turned to the others. Alone, what is running may end first, and the
 * webhooks go last, and only if nothing is locked.
 */
export async function shutDown(parts: Parts, retirement: Retiring): Promise<string> {
  const { connections, keys, watch, serving, leadership, pages, tuning, installation } = parts;
  // Before anything else that takes time: it is no longer to be sent reviews.
  const drained = installation.mayBeReplaced ? drain(parts) : undefined;
  // Not one request before the next replica may begin.
  const handedOver = leadership.others().length > 0 ? leadership.handOver(0) : undefined;
  const others = await leadership.leave();
  const drainedLater = others.length > 0 ? (drained ?? drain(parts)) : drained;
  await (handedOver ?? leadership.handOver(others.length > 0 ? 0 : tuning.graceMs));
  // What is kept up is not to be restored once it is taken down.
  await serving.stop();
  const words = (await retirement.end()) ?? (others.length > 0 ? wordsWith(others, installation) : await installation.leave());
  await drainedLater;
  await watch.stop();
  await serving.webhooks.close(CLOSE_MS);
  await pages.close();
  keys.stop();
  await connections.close();
  return words;
}

/** Leaves everything as it is, as a crash would. */
export async function abandon({ connections, keys, watch, serving, leadership, pages }: Parts): Promise<void> {
  leadership.abandon();
  void watch.stop();
  void serving.stop();
  keys.stop();
  await Promise.all([serving.webhooks.close(0), pages.close()]);
  await connections.destroy();
}

/** Each answer closes its connection from now on, so that the next review goes to somebody else. */
async function drain({ serving, drainDelayMs }: Parts): Promise<void> {
  serving.drain();
  await pause(drainDelayMs);
}

function wordsWith(others: readonly string[], { mayBeReplaced }: Installation): string {
  const left = `Janus has stopped, and left its webhooks registered for ${others.join(', ')}, which ${others.length === 1 ? 'goes' : 'go'} on.`;
  return mayBeReplaced ? left : `${left} Should none run any more, start Janus once more, and stop it, to take them off.`;
}
