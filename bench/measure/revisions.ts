import { setTimeout as after } from 'node:timers/promises';
import type { ApiServer } from '../site/api-server.ts';
import { RULER_RESOURCE } from './requests.ts';

/** How long nothing may be written until the control plane counts as quiet, in milliseconds. */
const QUIET_MS = 1000;
/** Writes in that time that are the control plane's own: a component renews its Lease, the API server its address. */
const BACKGROUND_WRITES = 1;
const PATIENCE_MS = 120_000;

/** etcd's revision now. Each write to etcd, of whatever object, raises it by one; a write that changes nothing does not. */
export async function currentRevision(api: ApiServer): Promise<number> {
  const list = await api.get<{ metadata: { resourceVersion: string } }>(`/apis/node.k8s.io/v1/${RULER_RESOURCE}`);
  return Number(list.metadata.resourceVersion);
}

/** Waits until one second passes with no more than one write to etcd, and returns the revision then. */
export async function quietRevision(api: ApiServer): Promise<number> {
  const end = performance.now() + PATIENCE_MS;
  for (let earlier = await currentRevision(api); ;) {
    await after(QUIET_MS);
    const later = await currentRevision(api);
    if (later - earlier <= BACKGROUND_WRITES) return later;
    if (performance.now() > end) throw new Error('the control plane did not become quiet within two minutes');
    earlier = later;
  }
}

/** Writes to etcd per second while nothing is asked of the control plane, looked at for `seconds`. */
export async function idleRevisionsPerSecond(api: ApiServer, seconds: number): Promise<number> {
  const from = await quietRevision(api);
  const started = performance.now();
  await after(seconds * 1000);
  const to = await currentRevision(api);
  return ((to - from) * 1000) / (performance.now() - started);
}
