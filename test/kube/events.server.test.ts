import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { ApiError, TransportError } from '../../src/kube/errors.ts';
import { createEventRecorder } from '../../src/kube/events.ts';
import type { Notice, RecorderOptions } from '../../src/kube/events.ts';
import type { KubeObject, ResourceKind } from '../../src/kube/object.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { Transport, TransportOptions } from '../../src/kube/transport.ts';
import { NAMESPACES } from '../../src/kube/well-known.ts';
import { startControlPlane } from '../control-plane/start.ts';
import type { ControlPlane } from '../control-plane/start.ts';

const EVENTS: ResourceKind = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };
const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

let plane: ControlPlane;
let transport: Transport;
let client: KubeClient;
beforeAll(async () => {
  plane = await startControlPlane({ log: () => undefined, controllers: 'optional' });
  transport = createTransport(await loadClusterConfig({ kubeconfig: plane.kubeconfig }));
  client = createRestClient(transport);
});
afterAll(async () => {
  await transport?.close();
  await plane?.stop();
});

interface Event extends KubeObject {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

let made = 0;
/** An object to tell something of. */
async function configMap(): Promise<Notice['regarding'] & { readonly namespace: string }> {
  const name = `told-${(made += 1)}`;
  const { object } = await client.create(
    { kind: CONFIG_MAPS, namespace: 'default', name },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
  );
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name, uid: object.metadata.uid! };
}

async function eventsOf(regarding: Notice['regarding']): Promise<readonly Event[]> {
  const { items } = await client.list<Event>(EVENTS, {
    namespace: regarding.namespace ?? 'default',
    fieldSelector: `involvedObject.uid=${regarding.uid}`,
  });
  return items;
}

function recorder(overrides: Partial<RecorderOptions> = {}) {
  const problems: unknown[] = [];
  const recorded = createEventRecorder({ client, component: 'janus', onProblem: (error) => problems.push(error), ...overrides });
  return { ...recorded, problems };
}

/** A client of its own, around whose requests a fault is injected. */
function faulty(intercept: NonNullable<TransportOptions['intercept']>): KubeClient {
  return createRestClient(createTransport(transport.config, { intercept, maxConnections: 2 }));
}

describe('an event recorder', () => {
  test('tells what kubectl describe shows', async () => {
    const regarding = await configMap();
    const { record, flush, problems } = recorder();
    record({ regarding, type: 'Warning', reason: 'Locked', message: 'locked by Transaction shop/release' });
    await flush();
    expect(problems).toEqual([]);
    const { stdout } = await promisify(execFile)(plane.kubectl, [
      '--kubeconfig',
      plane.kubeconfig,
      'describe',
      'configmap',
      regarding.name,
    ]);
    expect(stdout).toMatch(/Warning\s+Locked\s+.*janus\s+locked by Transaction shop\/release/);
  });

  test('makes one Event of a burst about one object', async () => {
    const regarding = await configMap();
    const other = await configMap();
    const { record, flush } = recorder();
    for (let index = 0; index < 200; index += 1) record({ regarding, type: 'Normal', reason: 'Applied', message: `applied item ${index}` });
    record({ regarding, type: 'Normal', reason: 'Committed', message: 'all of it' });
    record({ regarding: other, type: 'Normal', reason: 'Applied', message: 'applied by another' });
    await flush();
    const events = await eventsOf(regarding);
    expect(events.map(({ reason, count }) => [reason, count]).sort()).toEqual([
      ['Applied', 200],
      ['Committed', 1],
    ]);
    expect(events.find(({ reason }) => reason === 'Applied')!.message).toMatch(/^200: applied item 0, applied item 1, .* more$/);
    expect(await eventsOf(other)).toHaveLength(1);
  });

  test('raises the count of an Event that says the same already', async () => {
    const regarding = await configMap();
    let clock = Date.parse('2026-01-01T00:00:00Z');
    const { record, flush, problems } = recorder({ now: () => clock });
    for (let index = 0; index < 3; index += 1) {
      record({ regarding, type: 'Warning', reason: 'Stuck', message: 'cannot be undone' });
      await flush();
      clock += 60_000;
    }
    const events = await eventsOf(regarding);
    expect(events).toMatchObject([{ count: 3, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:02:00Z' }]);
    clock += 3_600_000;
    record({ regarding, type: 'Warning', reason: 'Stuck', message: 'cannot be undone' });
    await flush();
    expect(await eventsOf(regarding)).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  test('writes a new Event when the one that it would count up is gone', async () => {
    const regarding = await configMap();
    const { record, flush, problems } = recorder();
    const notice: Notice = { regarding, type: 'Normal', reason: 'Retried', message: 'again' };
    record(notice);
    await flush();
    const [first] = await eventsOf(regarding);
    await client.delete({ kind: EVENTS, namespace: 'default', name: first!.metadata.name! });
    record(notice);
    await flush();
    expect(await eventsOf(regarding)).toMatchObject([{ count: 1 }]);
    expect(problems).toEqual([]);
  });

  test('tells of cluster-scoped objects in default, whatever they are called', async () => {
    const { metadata } = await client.get({ kind: NAMESPACES, name: 'kube-system' });
    const { record, flush, problems } = recorder();
    const regarding = { apiVersion: 'v1', kind: 'Namespace', name: 'kube-system', uid: metadata.uid! };
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'system:node', uid: 'a-role' };
    record({ regarding, type: 'Normal', reason: 'Seen', message: 'a namespace' });
    record({ regarding: role, type: 'Normal', reason: 'Seen', message: 'a role' });
    await flush();
    expect(problems).toEqual([]);
    expect(await eventsOf(regarding)).toHaveLength(1);
    expect(await eventsOf(role)).toHaveLength(1);
  });

  test('tells no credential, and never more than an Event can hold', async () => {
    const regarding = await configMap();
    const { record, flush, problems } = recorder();
    const token = `eyJhbGciOiJFZERTQSJ9.${Buffer.from('{"sub":"x"}').toString('base64url')}.c2lnbmF0dXJlLW9mLWl0`;
    record({ regarding, type: 'Warning', reason: 'Denied', message: `userextras "${token}" is forbidden: ${'ü'.repeat(5_000)}` });
    await flush();
    expect(problems).toEqual([]);
    const [event] = await eventsOf(regarding);
    expect(event!.message).toContain('userextras "[redacted]" is forbidden');
    expect(Buffer.byteLength(event!.message)).toBeLessThanOrEqual(1_024);
  });

  test('writes one Event when the answer to the first attempt is lost', async () => {
    const regarding = await configMap();
    let attempts = 0;
    const { record, flush, problems } = recorder({
      client: faulty(async (request, send) => {
        attempts += 1;
        const response = await send(request);
        if (attempts === 1) throw new TransportError('reset', { neverSent: false });
        return response;
      }),
    });
    record({ regarding, type: 'Normal', reason: 'Applied', message: 'once' });
    await flush();
    expect(attempts).toBe(2);
    expect(problems).toEqual([]);
    expect(await eventsOf(regarding)).toHaveLength(1);
  });

  test('never throws: what cannot be written is reported, and dropped', async () => {
    const regarding = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'no-such-namespace', name: 'x', uid: 'u' };
    const { record, flush, problems } = recorder();
    record({ regarding, type: 'Normal', reason: 'Applied', message: 'nowhere' });
    await flush();
    expect(problems).toEqual([expect.any(ApiError)]);
  });

  test('holds a bounded number of Events while the server does not take them', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { record, flush, problems } = recorder({
      client: faulty(async (request, send) => {
        await held;
        return send(request);
      }),
      queueMax: 5,
      windowMs: 1,
    });
    for (let index = 0; index < 20; index += 1) {
      const regarding = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'x', uid: `held-${index}` };
      record({ regarding, type: 'Normal', reason: 'Applied', message: 'waits' });
    }
    release();
    await flush();
    expect(problems.map(String)).toEqual(
      Array.from({ length: 15 }, () => 'Error: too many events wait to be written: Applied was dropped'),
    );
  });
});
