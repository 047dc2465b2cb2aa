import { impersonationByRbac, isAllowed } from '../admission/access.ts';
import { parseStamp } from '../admission/stamp.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import { GRANT_LEEWAY_SECONDS } from '../lock/grants.ts';
import { changesReader } from '../transaction/changes.ts';
import type { Guards, SagaContext } from '../transaction/context.ts';
import type { Enforcement } from '../transaction/enforcement.ts';
import { RecordStore } from '../transaction/record-store.ts';
import { Released } from '../transaction/released.ts';
import type { SagaEvent } from '../transaction/saga-event.ts';
import type { GrantKeys } from './grant-keys.ts';
import type { Tuning } from './tuning.ts';

/** What the saga needs of the world, made of what this process has. `mayAct` throws when this process no longer leads. */
export function sagaContext(
  client: KubeClient,
  discovery: Discovery,
  keys: GrantKeys,
  tuning: Tuning,
  systemNamespace: string,
  guards: Guards,
  now: () => number,
  mayAct: () => void,
  enforcement: Enforcement,
  emit: (event: SagaEvent) => void,
): SagaContext {
  const mayImpersonate = impersonationByRbac(client);
  return {
    client,
    discovery,
    records: new RecordStore(client, systemNamespace),
    changesOf: changesReader(client),
    guards,
    settings: {
      systemNamespace,
      concurrency: tuning.concurrency,
      requestTimeoutMs: tuning.requestTimeoutMs,
      createLandsWithinMs: tuning.requestTimeoutMs + (tuning.grantLifeSeconds + GRANT_LEEWAY_SECONDS) * 1000,
      historyTtlMs: tuning.historyTtlMs,
    },
    // A process that was paused past its term learns of it here, before its next write.
    sign: async (claims) => {
      mayAct();
      return keys.signer().sign(claims, new Date(now()));
    },
    mayImpersonate: (stamp, namespace, name) => mayImpersonate(parseStamp(stamp), namespace, name),
    may: (user, attributes) => isAllowed(client, { username: user, groups: groupsOf(user), extra: {} }, attributes),
    released: new Released(),
    enforcement,
    emit,
    now,
  };
}

/** The groups that the API server gives a ServiceAccount. */
function groupsOf(user: string): readonly string[] {
  const [, , namespace = ''] = user.split(':');
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}
