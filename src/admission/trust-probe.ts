import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { KubeClient } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import { SECRETS } from '../kube/well-known.ts';
import { celLiteral, REQUESTED_NAME } from '../lock/guard/condition.ts';
import { PATHS, PROBE_PLACE, type WebhookParts } from './webhook-parts.ts';

/** Which of both configurations. */
type Phase = 'mutating' | 'validating';
const PHASES: readonly Phase[] = ['mutating', 'validating'];

const entryName = (phase: Phase): string => `${phase}-trust.tx.janus.io`;

/**
 * An entry by which it can be seen that an API server has taken up which authorities it is to trust: it refuses dry runs of a Secret
 * whose name holds a digest of them. None where somebody else fills the authorities in.
 */
export function trustEntry(
  phase: Phase,
  { authorities, systemNamespace }: { readonly authorities?: string; readonly systemNamespace: string },
): readonly WebhookParts[] {
  if (authorities === undefined) return [];
  const expression = `has(request.dryRun) && request.dryRun == true && ${REQUESTED_NAME} == ${celLiteral(probeName(phase, authorities))}`;
  return [
    {
      name: entryName(phase),
      path: `${PATHS.guards}${PROBE_PLACE}`,
      group: '',
      resources: ['secrets'],
      operations: ['CREATE'],
      scope: 'Namespaced',
      conditions: [{ name: 'probes-of-this-trust', expression }],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': systemNamespace } },
    },
  ];
}

function probeName(phase: Phase, authorities: string): string {
  return `janus-trust-${phase}-${createHash('sha256').update(authorities).digest('hex').slice(0, 16)}`;
}

export interface TrustProbe {
  readonly client: Pick<KubeClient, 'create'>;
  readonly systemNamespace: string;
  /** PEM. */
  readonly authorities: string;
  /** Milliseconds until it must be so. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

const PAUSE_MS = 25;

/** Resolves once the API server goes by configurations that hold these authorities. @throws Error after the deadline, with what happened instead */
export async function probeTrust({ client, systemNamespace, authorities, deadlineMs = 30_000, signal }: TrustProbe): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (const phase of PHASES) {
    for (;;) {
      const outcome = await probeOnce(client, systemNamespace, phase, authorities);
      if (outcome === 'refused') break;
      if (performance.now() >= end)
        throw new Error(`API servers do not go by the authorities of the ${phase} webhook configuration yet: ${outcome}`);
      await pause(PAUSE_MS, undefined, signal === undefined ? {} : { signal });
    }
  }
}

async function probeOnce(client: TrustProbe['client'], namespace: string, phase: Phase, authorities: string): Promise<string> {
  const name = probeName(phase, authorities);
  try {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } };
    await client.create({ kind: SECRETS, namespace, name }, secret, { dryRun: true });
    return 'the dry run of a Secret that they refuse was let pass';
  } catch (error) {
    if (error instanceof ApiError && error.message.includes(`admission webhook "${entryName(phase)}" denied the request`)) return 'refused';
    return error instanceof Error ? error.message : String(error);
  }
}
