import { setTimeout as wait } from 'node:timers/promises';
import type { KubeClient } from '../../kube/client.ts';
import { ApiError } from '../../kube/errors.ts';
import { SECRETS } from '../../kube/well-known.ts';
import { PROBE_NAME } from './configuration.ts';

export interface GuardProbe {
  readonly client: Pick<KubeClient, 'create'>;
  readonly systemNamespace: string;
  /** Milliseconds until the guards must be in place. */
  readonly deadlineMs: number;
}

/** Milliseconds between tries: API servers take up a changed configuration within 6 to 18 ms. */
const PAUSE_MS = 4;

/**
 * Resolves once the API server refuses by this version of the guards. With several API servers it proves one of them.
 * @throws ApiError 503 after the deadline, with what happened instead: to be tried again
 */
export async function probeGuards({ client, systemNamespace, deadlineMs }: GuardProbe, version: number): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const outcome = await probeOnce(client, systemNamespace, version);
    if (outcome === 'refused') return;
    if (performance.now() >= end) {
      const message = `the guards of janus-guards are not in place after ${deadlineMs} ms: ${outcome}`;
      throw new ApiError({ code: 503, reason: 'ServiceUnavailable', message });
    }
    await wait(PAUSE_MS);
  }
}

async function probeOnce(client: GuardProbe['client'], namespace: string, version: number): Promise<string> {
  const name = `${PROBE_NAME}${version}`;
  try {
    await client.create(
      { kind: SECRETS, namespace, name },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } },
      { dryRun: true },
    );
    return 'the API server does not ask about them yet';
  } catch (error) {
    if (error instanceof ApiError && error.message.includes('admission webhook "probe.guards.tx.janus.io" denied the request'))
      return 'refused';
    return error instanceof Error ? error.message : String(error);
  }
}
