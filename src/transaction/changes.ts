import type { ResourceChange } from '../api/resource-change.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/object.ts';
import { retrying } from '../kube/retry.ts';
import { RESOURCE_CHANGES } from './kinds.ts';

/** The changes of a transaction, by the uid of their owner: a label is only the CLI's habit. */
export type ChangesOf = (namespace: string, uid: string) => Promise<readonly ResourceChange[]>;

/** Changes of one page: each may have 1.5 MB, and an answer over 64 MiB is not read. */
export const CHANGES_PAGE = 40;

interface Round {
  readonly wanted: Set<string>;
  readonly found: Promise<ReadonlyMap<string, readonly ResourceChange[]>>;
}

/**
 * Reads changes from the API server. All transactions of a namespace that ask while a list of it is under way share the next
 * one, which begins after they have asked: each sees everything that was there when it asked, and hundreds that are sealed at
 * once cost a few lists and not hundreds. Changes of others are let go of page by page.
 */
export function changesReader(client: Pick<KubeClient, 'list'>): ChangesOf {
  const running = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Round>();

  const begin = (namespace: string): Round => {
    const wanted = new Set<string>();
    const before = running.get(namespace) ?? Promise.resolve();
    const found = before
      .catch(() => undefined)
      .then(() => {
        // From here on whoever asks is too late for this list.
        waiting.delete(namespace);
        return listOwned(client, namespace, wanted);
      });
    running.set(namespace, found);
    const ended = (): void => {
      if (running.get(namespace) === found) running.delete(namespace);
    };
    found.then(ended, ended);
    const round = { wanted, found };
    waiting.set(namespace, round);
    return round;
  };

  return async (namespace, uid) => {
    const round = waiting.get(namespace) ?? begin(namespace);
    round.wanted.add(uid);
    return (await round.found).get(uid) ?? [];
  };
}

async function listOwned(
  client: Pick<KubeClient, 'list'>,
  namespace: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly ResourceChange[]>> {
  const keep = (object: KubeObject): boolean => ownersOf(object).some((uid) => wanted.has(uid));
  const list = await retrying(() => client.list(RESOURCE_CHANGES, { namespace, limit: CHANGES_PAGE, keep }));
  const found = new Map<string, ResourceChange[]>();
  for (const object of list.items) {
    for (const uid of new Set(ownersOf(object))) {
      if (!wanted.has(uid)) continue;
      const changes = found.get(uid) ?? [];
      changes.push(object as unknown as ResourceChange);
      found.set(uid, changes);
    }
  }
  return found;
}

function ownersOf({ metadata }: KubeObject): readonly string[] {
  return (metadata.ownerReferences ?? []).map(({ uid }) => uid);
}
