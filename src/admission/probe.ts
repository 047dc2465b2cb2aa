import { setTimeout as pause } from 'node:timers/promises';
import type { KubeClient } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import { SECRETS } from '../kube/well-known.ts';
import { creationLabelFor, LOCK_LABEL } from '../lock/label.ts';
import { LOCK_WEBHOOK_NAME } from './webhook-configuration.ts';

export interface ProbeOptions {
  /** Milliseconds until the guard must be effective; the last try may take a few seconds more. */
  readonly deadlineMs?: number;
  /** Milliseconds between tries. */
  readonly pauseMs?: number;
  readonly signal?: AbortSignal;
}

// A transaction that cannot exist: to add its lock without a grant is refused, by this very webhook and without reading anything.
const NOBODY = '00000000-0000-0000-0000-000000000000';

// Longer than the webhook's own time limit, so that the API server's words about it arrive.
const TRY_MS = 8_000;

/**
 * Resolves once the API server asks our webhook about locks: a dry run that forges one must be refused by it. API servers take up
 * a changed configuration a moment later, and until then nothing is guarded. Throws after the deadline, with what happened instead.
 */
export async function probeLocks(client: Pick<KubeClient, 'create'>, namespace: string, options: ProbeOptions = {}): Promise<void> {
  const { deadlineMs = 30_000, pauseMs = 25, signal } = options;
  const end = performance.now() + deadlineMs;
  for (;;) {
    const outcome = await probeOnce(client, namespace, signal);
    if (outcome === 'refused') return;
    if (performance.now() >= end) throw new Error(`Locks are not guarded after ${deadlineMs} ms: ${outcome}`);
    await pause(pauseMs, undefined, signal === undefined ? {} : { signal });
  }
}

async function probeOnce(client: Pick<KubeClient, 'create'>, namespace: string, signal: AbortSignal | undefined): Promise<string> {
  const name = 'janus-probe';
  const label = creationLabelFor(NOBODY, 1, { group: '', resource: 'secrets', namespace, name });
  const forged = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels: { [LOCK_LABEL]: label } } };
  try {
    await client.create({ kind: SECRETS, namespace, name }, forged, {
      dryRun: true,
      timeoutMs: TRY_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    return 'the API server let a forged lock pass, so it does not ask the webhook yet.';
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ApiError && error.message.includes(`admission webhook "${LOCK_WEBHOOK_NAME}" denied the request`))
      return 'refused';
    return error instanceof Error ? error.message : String(error);
  }
}
