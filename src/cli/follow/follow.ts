import type { Transaction } from '../../api/transaction.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/object.ts';
import { watchResource } from '../../kube/reflector.ts';
import { TRANSACTIONS } from '../../transaction/kinds.ts';
import type { Cluster } from '../cluster.ts';
import { warn } from '../output.ts';
import { mailbox } from './mailbox.ts';

type Watched = Transaction & KubeObject;

/**
 * A Transaction as it was read, and then at each change; undefined, and the end, once it is gone. Goes on where a watch breaks.
 *
 * @throws ApiError where one may not watch; what `signal` was aborted with.
 */
export async function* follow(cluster: Cluster, transaction: Transaction, signal: AbortSignal): AsyncGenerator<Transaction | undefined> {
  const { name = '', namespace = '', uid = '' } = transaction.metadata;
  const stop = new AbortController();
  const box = mailbox<Transaction | undefined>(signal);
  const reflector = watchResource<Watched>({
    client: cluster.client,
    transport: cluster.transport,
    kind: TRANSACTIONS,
    namespace,
    fieldSelector: `metadata.name=${name}`,
    signal: AbortSignal.any([signal, stop.signal]),
    onEvent: ({ object, type }) => {
      if (object.metadata.uid === uid) box.put(type === 'deleted' ? undefined : object);
    },
    onProblem: (error) => {
      if (isApiError(error, 401, 403)) box.fail(error);
      else warn(`the watch was lost and is begun again: ${error instanceof Error ? error.message : String(error)}`);
    },
  });
  // It may have gone before the watch began: then no event tells.
  void reflector.synced.then(
    () => {
      if (reflector.get(uid) === undefined) box.put(undefined);
    },
    () => undefined,
  );
  try {
    yield transaction;
    let version = transaction.metadata.resourceVersion;
    for (;;) {
      const now = await box.take();
      if (now?.metadata.resourceVersion === version) continue;
      version = now?.metadata.resourceVersion;
      yield now;
      if (now === undefined) return;
    }
  } finally {
    stop.abort();
    await reflector.ended;
  }
}
